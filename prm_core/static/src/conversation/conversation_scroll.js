import { onMounted, onPatched, onWillUnmount, useComponent, useRef, useState } from "@odoo/owl";
import { RowWindow } from "./row_window";

/** Closer to the end than this many pixels counts as being there. */
const NEAR_END = 40;

/** Height in pixels of a row that was never rendered. */
function estimate(row) {
    const day = row.day ? 40 : 0;
    if (row.kind === "event" || row.kind === "call_event") {
        return day + 30;
    }
    const lines = (row.text || "")
        .split("\n")
        .reduce((sum, line) => sum + 1 + Math.floor(line.length / 70), 0);
    return day + 60 + 20 * Math.min(lines, 12);
}

/**
 * A scroll of thousands of rows of which few are in the page. It opens at its end, stays there
 * while rows arrive, and what the reader looks at stays where it is whatever comes above it.
 *
 * The template has an element with the ref `scroller`, and in it, one after the other, elements
 * with the classes `o_prm_above`, `o_prm_rows` (in it each row as `o_prm_row` with `data-key`) and
 * `o_prm_below`.
 *
 * @param {() => void} onNearTop called when the reader comes near the oldest row
 */
export function useConversationScroll(onNearTop) {
    const component = useComponent();
    const scroller = useRef("scroller");
    const rowWindow = new RowWindow(estimate);
    const state = useState({ first: 0, last: 0, atEnd: true });
    let anchor = null; // what the reader looks at: a row, and where the view begins beside it
    let lastTop = 0;
    let width = 0;
    // Rows may change between a rendering and the page: only what is in the page can be measured.
    let version = 0;
    let rendered = { version: 0, first: 0, last: 0 };
    let shown = rendered;

    const height = () => scroller.el?.clientHeight || 800;

    /** Where the view should begin. */
    function aim() {
        if (!state.atEnd && anchor) {
            const index = rowWindow.indexOf(anchor.key);
            if (index >= 0) {
                return rowWindow.offsets[anchor.below ? index + 1 : index] + anchor.cut;
            }
        }
        return state.atEnd ? Math.max(0, rowWindow.total - height()) : scroller.el.scrollTop;
    }

    function setRange(top) {
        Object.assign(state, rowWindow.range(top, height()));
    }

    function measure(el) {
        if (el.clientWidth !== width) {
            width = el.clientWidth;
            rowWindow.heights.clear(); // lines break elsewhere now
        }
        let news = false;
        for (const row of el.querySelectorAll(".o_prm_row")) {
            news = rowWindow.measure(row.dataset.key, row.getBoundingClientRect().height) || news;
        }
        if (news) {
            rowWindow.layOut();
        }
    }

    /** After each change of the page: measure, make room, and put the reader back. */
    function settle() {
        const el = scroller.el;
        if (!el?.clientHeight || shown.version !== version) {
            return;
        }
        measure(el);
        const { above, below } = rowWindow.spacers(shown);
        el.querySelector(".o_prm_above").style.height = `${above}px`;
        el.querySelector(".o_prm_below").style.height = `${below}px`;
        const top = state.atEnd ? el.scrollHeight : aim();
        if (Math.abs(el.scrollTop - top) >= 1) {
            el.scrollTop = top;
        }
        lastTop = el.scrollTop;
        setRange(lastTop);
        askForMore(el);
    }

    function askForMore(el) {
        if (el.scrollTop < 2 * el.clientHeight) {
            onNearTop();
        }
    }

    /** The oldest row is held at its lower edge: its day goes when older rows of that day come. */
    function takeAnchor(top) {
        const index = rowWindow.indexAt(top);
        const below = index === 0;
        const edge = rowWindow.offsets[below ? 1 : index];
        anchor =
            index < rowWindow.rows.length
                ? { key: rowWindow.rows[index].key, below, cut: top - edge }
                : null;
    }

    function onScroll() {
        const el = scroller.el;
        const top = el.scrollTop;
        if (shown.version === version) {
            takeAnchor(top);
            state.atEnd = el.scrollHeight - top - el.clientHeight < NEAR_END;
            setRange(top);
            askForMore(el);
        } else if (anchor) {
            anchor.cut += top - lastTop;
        }
        lastTop = top;
    }

    const observer = new ResizeObserver(settle);
    onMounted(() => {
        shown = rendered;
        observer.observe(scroller.el);
        observer.observe(scroller.el.querySelector(".o_prm_rows"));
        settle();
    });
    onPatched(() => {
        shown = rendered;
        settle();
    });
    onWillUnmount(() => observer.disconnect());

    return {
        state,
        onScroll,
        /** The rows to render; to be asked for by the template, and once. */
        takeRows() {
            rendered = { version, first: state.first, last: state.last };
            return rowWindow.rows.slice(state.first, state.last);
        },
        /** @param {Object[]} rows from oldest to newest */
        setRows(rows) {
            version++;
            rowWindow.setRows(rows);
            setRange(aim());
            component.render();
        },
        toEnd() {
            state.atEnd = true;
            setRange(aim());
            component.render();
        },
    };
}
