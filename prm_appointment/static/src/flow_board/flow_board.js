import { Component, onPatched, onWillStart, onWillUnmount, useRef, useState } from "@odoo/owl";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { FlowCard } from "./flow_card";

const { DateTime } = luxon;
/** Waiting times are shown in minutes. */
const TICK_MS = 10_000;
/** Several changes in a row are one look. */
const DEBOUNCE_MS = 300;

const COLUMNS = [
    {
        name: "expected",
        label: _t("Expected"),
        statuses: ["booked", "confirmed"],
        empty: _t("Nobody else is expected. Visits are booked in the schedule."),
    },
    {
        name: "arrived",
        label: _t("Arrived"),
        statuses: ["arrived"],
        empty: _t("The waiting room is empty. Press “Arrived” on a card when somebody comes."),
    },
    {
        name: "in_chair",
        label: _t("In the chair"),
        statuses: ["in_chair"],
        empty: _t("No chair is taken. Press “To the chair” on the card of who is next."),
    },
    {
        name: "completed",
        label: _t("Completed"),
        statuses: ["completed"],
        empty: _t("Nothing is completed yet. Press “Completed” when somebody leaves the chair."),
    },
    {
        name: "gone",
        label: _t("Not here"),
        statuses: ["no_show", "cancelled"],
        empty: _t("Nobody stayed away. Drop a card here if somebody did not come."),
    },
];

/** A name without case and accents, so that "Jose" finds "José". */
function plain(text) {
    return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** The visits of a day by how far they are; every desk sees the same. */
export class FlowBoard extends Component {
    static template = "prm_appointment.FlowBoard";
    static components = { FlowCard };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.bus = useService("bus_service");
        this.root = useRef("root");
        this.columns = COLUMNS;
        this.state = useState({
            day: null,
            today: null,
            cards: [],
            canAct: false,
            now: Date.now(),
            provider: "",
            chair: "",
            search: "",
            tab: "expected",
            gone: false,
            over: null,
            busy: null,
        });
        this.companies = [];
        this.clock = 0; // how far the server's clock is ahead
        this.asked = 0;
        this.dragged = null;
        this.reload = useDebounced(() => this.load(this.wanted), DEBOUNCE_MS);
        this.onChanged = ({ company, day }) => {
            if (day === this.state.day && this.companies.includes(company)) {
                this.reload();
            }
        };
        onWillStart(() => this.load(null));
        onPatched(() => this.keepFocus());
        this.bus.subscribe("prm_board_changed", this.onChanged);
        // What was told while the line was down is lost: look again.
        useBus(this.bus, "BUS:RECONNECT", () => this.reload());
        this.bus.start();
        this.timer = setInterval(() => this.tick(), TICK_MS);
        onWillUnmount(() => {
            clearInterval(this.timer);
            this.bus.unsubscribe("prm_board_changed", this.onChanged);
        });
    }

    // ------------------------------------------------------------
    // LOADING
    // ------------------------------------------------------------

    /** @param {string | null} day as ISO date; null is today, also after midnight. */
    async load(day) {
        const asked = ++this.asked;
        this.wanted = day;
        const board = await this.orm.silent.call("calendar.event", "prm_board", [day]);
        if (asked !== this.asked) {
            return; // somebody has asked for something else meanwhile
        }
        this.clock = Date.parse(board.now) - Date.now();
        this.companies = board.companies;
        Object.assign(this.state, {
            day: board.day,
            today: board.today,
            cards: board.cards,
            canAct: board.can_act,
        });
        this.tick();
    }

    tick() {
        this.state.now = Date.now() + this.clock;
        const local = DateTime.fromMillis(this.state.now).toISODate();
        if (!this.wanted && this.seenDay && this.seenDay !== local) {
            this.reload();
        }
        this.seenDay = local;
    }

    get date() {
        return DateTime.fromISO(this.state.day);
    }

    get dayLabel() {
        return this.date.toLocaleString({ weekday: "long", day: "numeric", month: "long" });
    }

    get isToday() {
        return this.state.day === this.state.today;
    }

    goTo(days) {
        const day = this.date.plus({ days }).toISODate();
        return this.load(day === this.state.today ? null : day);
    }

    onPickDay(ev) {
        if (ev.target.value) {
            this.load(ev.target.value === this.state.today ? null : ev.target.value);
        }
    }

    // ------------------------------------------------------------
    // FILTERS
    // ------------------------------------------------------------

    choices(id, name) {
        const found = new Map();
        for (const card of this.state.cards) {
            if (card[id]) {
                found.set(String(card[id]), card[name]);
            }
        }
        return [...found].sort((one, other) => one[1].localeCompare(other[1]));
    }

    get providers() {
        return this.choices("provider_id", "provider");
    }

    get chairs() {
        return this.choices("chair_id", "chair");
    }

    get filtered() {
        return Boolean(this.state.provider || this.state.chair || this.state.search.trim());
    }

    get shown() {
        const { provider, chair, search } = this.state;
        const words = plain(search).split(/\s+/).filter(Boolean);
        return this.state.cards.filter((card) => {
            const name = plain(card.patient);
            return (
                (!provider || String(card.provider_id) === provider) &&
                (!chair || String(card.chair_id) === chair) &&
                words.every((word) => name.includes(word))
            );
        });
    }

    cardsOf(column) {
        const cards = this.shown.filter((card) => column.statuses.includes(card.status));
        if (column.name === "arrived") {
            // Who waits longest is first.
            cards.sort((one, other) =>
                (one.arrived_at || "").localeCompare(other.arrived_at || ""),
            );
        }
        return cards;
    }

    clearFilters() {
        Object.assign(this.state, { provider: "", chair: "", search: "" });
    }

    // ------------------------------------------------------------
    // MOVES
    // ------------------------------------------------------------

    /** Take a step; where the server asks back, so does the board. */
    async step(card, status, sure = false) {
        if (this.state.busy) {
            return;
        }
        this.state.busy = card.id;
        let answer;
        try {
            answer =
                status === "approve"
                    ? await this.orm.call("calendar.event", "action_prm_approve", [[card.id]])
                    : await this.orm.call("calendar.event", "prm_board_move", [[card.id]], {
                          status,
                          seen: card.status,
                          sure,
                      });
        } finally {
            this.state.busy = null;
        }
        await this.follow(card, status, answer || {});
    }

    async follow(card, status, { ask, action, changed }) {
        if (ask) {
            this.dialog.add(ConfirmationDialog, {
                title: card.patient,
                body: ask,
                confirmLabel: _t("Yes"),
                confirm: () => this.step(card, status, true),
                cancelLabel: _t("No"),
                cancel: () => {},
            });
            return;
        }
        if (action) {
            await this.action.doAction(action, { onClose: () => this.load(this.wanted) });
            return;
        }
        if (changed) {
            this.notification.add(changed, { type: "warning" });
        }
        await this.load(this.wanted);
        this.refocus = card.id; // once the board is drawn anew
    }

    open(card) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "calendar.event",
            res_id: card.id,
            views: [[false, "form"]],
            context: { form_view_ref: "prm_appointment.prm_appointment_view_form" },
        });
    }

    openSchedule() {
        this.action.doAction("prm_appointment.prm_appointment_action");
    }

    // ------------------------------------------------------------
    // DRAGGING
    // ------------------------------------------------------------

    onDragStart(card, ev) {
        this.dragged = card;
        ev.dataTransfer.effectAllowed = "move";
        ev.dataTransfer.setData("text/plain", "");
    }

    onDragEnd() {
        this.dragged = null;
        this.state.over = null;
    }

    onDragOver(column, ev) {
        if (this.dragged && !column.statuses.includes(this.dragged.status)) {
            ev.preventDefault();
            this.state.over = column.name;
        }
    }

    onDragLeave(column, ev) {
        if (this.state.over === column.name && !ev.currentTarget.contains(ev.relatedTarget)) {
            this.state.over = null;
        }
    }

    async onDrop(column, ev) {
        ev.preventDefault();
        const card = this.dragged;
        this.onDragEnd();
        if (card && !column.statuses.includes(card.status)) {
            await this.step(card, this.targetOf(card, column));
        }
    }

    targetOf(card, column) {
        if (column.name === "expected") {
            return card.expected;
        }
        if (column.name === "gone") {
            // Nobody has missed what has not begun: that is cancelling.
            const missed = card.steps.some(({ status }) => status === "no_show");
            return missed ? "no_show" : "cancelled";
        }
        return column.name;
    }

    // ------------------------------------------------------------
    // KEYBOARD
    // ------------------------------------------------------------

    /** A card that moved to another column keeps the focus, unless somebody types elsewhere. */
    keepFocus() {
        const id = this.refocus;
        this.refocus = null;
        if (id && !document.activeElement?.matches("input, select")) {
            this.root.el?.querySelector(`[data-visit="${id}"]`)?.focus();
        }
    }

    /** Arrows go from card to card: up and down in the column, left and right to the next one. */
    onKeydown(ev) {
        const card = ev.target.closest?.(".o_prm_card");
        if (!card || card !== ev.target || !ev.key.startsWith("Arrow")) {
            return;
        }
        const columns = [...this.root.el.querySelectorAll(".o_prm_column")]
            .map((column) => [...column.querySelectorAll(".o_prm_card")])
            .filter((cards) => cards.length);
        const x = columns.findIndex((cards) => cards.includes(card));
        const y = columns[x].indexOf(card);
        const [dx, dy] = {
            ArrowUp: [0, -1],
            ArrowDown: [0, 1],
            ArrowLeft: [-1, 0],
            ArrowRight: [1, 0],
        }[ev.key];
        const cards = columns[x + dx];
        const goal = cards && cards[dx ? Math.min(y, cards.length - 1) : y + dy];
        if (goal) {
            ev.preventDefault();
            goal.focus();
        }
    }
}

registry.category("actions").add("prm_flow_board", FlowBoard);
