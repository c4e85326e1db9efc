import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { momentLabel, timeLabel, toLocal } from "./moments";

/** Texts longer than this are cut until somebody wants to read on. */
const LONG_TEXT = 700;
const LONG_LINES = 12;
/** Minutes from which on it is told that a message went later than it was written. */
const LATER = 5;

const WAITING = ["draft", "queued", "sending"];
const TROUBLE = ["failed", "unknown"];

/** One entry: a bubble for what was said, a line for what happened, a slip for a note. */
export class ConversationEntry extends Component {
    static template = "prm_core.ConversationEntry";
    static props = {
        entry: Object,
        day: { type: String, optional: true },
        onAction: Function,
        onOpen: Function,
    };

    setup() {
        this.state = useState({ open: false });
    }

    get entry() {
        return this.props.entry;
    }

    get time() {
        return timeLabel(toLocal(this.entry.at));
    }

    get fullTime() {
        return momentLabel(this.entry.at);
    }

    get tone() {
        const { state } = this.entry;
        if (state === "suppressed") {
            return "held";
        }
        if (TROUBLE.includes(state)) {
            return "trouble";
        }
        return WAITING.includes(state) ? "waiting" : "";
    }

    get stateIcon() {
        const icons = { held: "fa-ban", trouble: "fa-exclamation-triangle", waiting: "fa-clock-o" };
        return icons[this.tone] || "fa-check";
    }

    /** What became of a message, in a few words. */
    get stateText() {
        const { state, state_label, goes_at, at } = this.entry;
        if (!goes_at || this.tone === "held" || this.tone === "trouble") {
            return state_label;
        }
        const minutes = toLocal(goes_at).diff(toLocal(at), "minutes").minutes;
        if (minutes < LATER) {
            return state_label;
        }
        return state === "queued"
            ? _t("Goes out: %s", momentLabel(goes_at))
            : _t("%(state)s: %(moment)s", { state: state_label, moment: momentLabel(goes_at) });
    }

    get isLong() {
        const text = this.entry.text;
        return text.length > LONG_TEXT || text.split("\n").length > LONG_LINES;
    }

    can(action) {
        return this.entry.may.includes(action);
    }
}
