import { Component, onPatched, onWillStart, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const { DateTime } = luxon;
/** While somebody runs down the list with the arrow keys, no free times are looked for. */
const SLOTS_MS = 200;
const SEARCH_MS = 300;

/** Outcomes of a call, with the key that notes them down. */
const OUTCOMES = [
    { name: "no_answer", label: _t("No answer"), key: "n", icon: "fa-volume-control-phone" },
    { name: "call_back", label: _t("Call back"), key: "c", icon: "fa-clock-o" },
    { name: "declined", label: _t("Doesn't want it"), key: "d", icon: "fa-hand-paper-o" },
    { name: "wrong_number", label: _t("Wrong number"), key: "w", icon: "fa-ban" },
];

const REASONS = [
    { name: "not_now", label: _t("Not now") },
    { name: "cost", label: _t("Cost") },
    { name: "fear", label: _t("Fear") },
    { name: "elsewhere", label: _t("Goes elsewhere") },
    { name: "no_need", label: _t("Sees no need") },
    { name: "other", label: _t("Another reason") },
];

/** Who is due, family by family: reach a patient, book, and the next one is in hand. */
export class RecallWorklist extends Component {
    static template = "prm_dental.RecallWorklist";
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.ui = useService("ui");
        this.root = useRef("root");
        this.outcomes = OUTCOMES;
        this.reasons = REASONS;
        this.state = useState({
            families: [],
            kinds: [],
            total: 0,
            more: false,
            canAct: false,
            offset: 0,
            kind: "",
            words: "",
            current: null,
            slots: null,
            chosen: 0,
            asking: null,
            on: DateTime.now().plus({ days: 7 }).toISODate(),
            busy: false,
        });
        this.asked = 0;
        this.page = 20;
        this.findSlots = useDebounced((id) => this.loadSlots(id), SLOTS_MS);
        this.search = useDebounced(() => this.load(0), SEARCH_MS);
        onWillStart(() => this.load(0));
        onPatched(() => this.keepFocus());
    }

    // ------------------------------------------------------------
    // LOADING
    // ------------------------------------------------------------

    async load(offset) {
        const asked = ++this.asked;
        const place = this.rows.findIndex((row) => row.id === this.state.current);
        const list = await this.orm.silent.call("prm.recall", "prm_worklist", [], {
            offset,
            type_id: Number(this.state.kind) || null,
            words: this.state.words,
        });
        if (asked !== this.asked) {
            return; // somebody has asked for something else meanwhile
        }
        this.page = list.page;
        Object.assign(this.state, {
            families: list.families,
            kinds: list.kinds,
            total: list.total,
            more: list.more,
            canAct: list.can_act,
            offset,
        });
        const rows = this.rows;
        const still = rows.find((row) => row.id === this.state.current);
        // Who was in hand has gone: the one who comes next takes the place.
        const next = still || rows[Math.min(Math.max(place, 0), rows.length - 1)];
        this.select(next ? next.id : null, true);
    }

    async loadSlots(id) {
        const slots = await this.orm.silent.call("prm.recall", "prm_worklist_slots", [[id]]);
        if (id === this.state.current) {
            Object.assign(this.state, { slots, chosen: 0 });
        }
    }

    // ------------------------------------------------------------
    // WHO IS IN HAND
    // ------------------------------------------------------------

    get rows() {
        return this.state.families.flatMap((family) => family.rows);
    }

    get current() {
        return this.rows.find((row) => row.id === this.state.current);
    }

    get totalText() {
        const { total } = this.state;
        return total >= 1000 ? _t("1000 and more are due") : _t("%s are due", total);
    }

    get emptyText() {
        return this.state.words || this.state.kind
            ? _t("Nobody who is due fits. Take the search away to see everybody.")
            : _t("Everybody who is due has been asked or has booked.");
    }

    get slotsText() {
        if (!this.current.bookable) {
            return _t("This kind of recall has no visit to offer yet; a manager can choose one.");
        }
        if (!this.state.slots) {
            return _t("Looking for free times…");
        }
        return this.state.slots.length ? "" : _t("No free time in the next 60 days.");
    }

    get speakerText() {
        return _t("Ask for %s", this.current.speaker);
    }

    lateText(row) {
        return row.days_overdue ? _t("%s days late", row.days_overdue) : _t("due today");
    }

    askedText(row) {
        const asked = row.asked ? _t("asked %s×", row.asked) : "";
        return [asked, row.last_outcome].filter(Boolean).join(" · ");
    }

    get likes() {
        return [this.current.channel, this.current.hours].filter(Boolean).join(" · ");
    }

    get today() {
        return DateTime.now().plus({ days: 1 }).toISODate();
    }

    select(id, again = false) {
        if (id !== this.state.current || again) {
            Object.assign(this.state, { current: id, slots: null, chosen: 0, asking: null });
            if (this.current?.bookable) {
                this.findSlots(id);
            }
        }
        this.refocus = id;
    }

    step(by) {
        const rows = this.rows;
        const place = rows.findIndex((row) => row.id === this.state.current);
        const goal = rows[Math.min(Math.max(place + by, 0), rows.length - 1)];
        if (goal) {
            this.select(goal.id);
        }
    }

    keepFocus() {
        const id = this.refocus;
        this.refocus = null;
        if (id && !document.activeElement?.matches("input, select")) {
            const row = this.root.el?.querySelector(`[data-recall="${id}"]`);
            row?.focus({ preventScroll: true });
            // On a phone the call stands above the list: that is what is wanted next.
            const shown = this.ui.isSmall ? this.root.el?.querySelector(".o_prm_call") : row;
            shown?.scrollIntoView({ block: this.ui.isSmall ? "start" : "nearest" });
        }
    }

    // ------------------------------------------------------------
    // WHAT COMES OF IT
    // ------------------------------------------------------------

    choose(number) {
        if (this.state.slots?.[number - 1]) {
            this.state.chosen = number;
        }
    }

    async book() {
        const slot = this.state.slots?.[this.state.chosen - 1];
        if (!slot) {
            return;
        }
        const answer = await this.act("prm_worklist_book", [slot.start, slot.provider_id]);
        if (answer?.taken) {
            this.notification.add(answer.taken, { type: "warning" });
            await this.loadSlots(this.state.current);
        } else if (answer) {
            this.notification.add(_t("Booked: %s", answer.booked), { type: "success" });
            await this.load(this.state.offset);
        }
    }

    /** Two outcomes ask back first: when, and why. */
    async note(outcome, details = null) {
        if (["call_back", "declined"].includes(outcome) && !details) {
            this.state.asking = this.state.asking === outcome ? null : outcome;
            return;
        }
        if (await this.act("prm_worklist_outcome", [outcome], details || {})) {
            this.state.asking = null;
            if (outcome === "wrong_number") {
                this.step(1); // the row stays: somebody has to find the right number
            }
            await this.load(this.state.offset);
        }
    }

    async act(method, values, named = {}) {
        const id = this.state.current;
        if (!id || this.state.busy || !this.state.canAct) {
            return null;
        }
        this.state.busy = true;
        try {
            return await this.orm.call("prm.recall", method, [[id], ...values], named);
        } finally {
            this.state.busy = false;
        }
    }

    open(model, id) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    // ------------------------------------------------------------
    // KEYBOARD
    // ------------------------------------------------------------

    onKeydown(ev) {
        if (ev.target.matches("input, select") || ev.ctrlKey || ev.altKey || ev.metaKey) {
            return;
        }
        const outcome = OUTCOMES.find(({ key }) => key === ev.key.toLowerCase());
        if (ev.key === "ArrowDown" || ev.key === "ArrowUp") {
            this.step(ev.key === "ArrowDown" ? 1 : -1);
        } else if (/^[1-9]$/.test(ev.key)) {
            this.choose(Number(ev.key));
        } else if (ev.key === "Enter" && this.state.chosen && !ev.target.matches("button")) {
            this.book();
        } else if (ev.key === "Escape") {
            Object.assign(this.state, { chosen: 0, asking: null });
        } else if (outcome) {
            this.note(outcome.name);
        } else {
            return;
        }
        ev.preventDefault();
    }
}

registry.category("actions").add("prm_recall_worklist", RecallWorklist);
