import { Component } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";

const MINUTE = 60_000;
/** Minutes of waiting from which a card calls for attention. */
const LONG = 10;
const TOO_LONG = 20;

/** One visit on the flow board. */
export class FlowCard extends Component {
    static template = "prm_appointment.FlowCard";
    static components = { Dropdown, DropdownItem };
    static props = {
        card: Object,
        now: Number,
        canAct: Boolean,
        busy: Boolean,
        onStep: Function,
        onOpen: Function,
        onDragStart: Function,
        onDragEnd: Function,
    };

    get next() {
        const [first] = this.props.card.steps;
        return first && !first.back && !["no_show", "cancelled"].includes(first.status)
            ? first
            : null;
    }

    get others() {
        return this.props.card.steps.filter((step) => step !== this.next);
    }

    minutesSince(moment) {
        return Math.max(0, Math.floor((this.props.now - Date.parse(moment)) / MINUTE));
    }

    /** How long something has been so: words and how urgent it is. */
    get since() {
        const card = this.props.card;
        if (card.status === "arrived" && card.arrived_at) {
            const minutes = this.minutesSince(card.arrived_at);
            const level = minutes >= TOO_LONG ? "danger" : minutes >= LONG ? "warning" : "";
            return { text: _t("Waits %s min", minutes), level, icon: "fa-hourglass-half" };
        }
        if (card.status === "in_chair" && card.in_chair_at) {
            const minutes = this.minutesSince(card.in_chair_at);
            return { text: _t("In the chair for %s min", minutes), level: "", icon: "fa-clock-o" };
        }
        if (["booked", "confirmed"].includes(card.status)) {
            const minutes = this.minutesSince(card.start);
            // Hours later it is no lateness any more: somebody forgot to say what became of it.
            if (minutes >= 1 && minutes < 600) {
                return { text: _t("%s min late", minutes), level: "warning", icon: "fa-clock-o" };
            }
        }
        return null;
    }

    get classes() {
        return {
            [`o_prm_edge_${this.props.card.color || 0}`]: true,
            o_prm_busy: this.props.busy,
        };
    }

    get label() {
        const { time, patient, kind, provider } = this.props.card;
        return [time, patient, kind, provider].join(", ");
    }

    onKeydown(ev) {
        if (ev.target !== ev.currentTarget) {
            return;
        }
        if (ev.key === "Enter") {
            ev.preventDefault();
            if (this.next && this.props.canAct) {
                this.props.onStep(this.props.card, this.next.status);
            } else {
                this.props.onOpen(this.props.card);
            }
        } else if (ev.key === " ") {
            ev.preventDefault();
            this.props.onOpen(this.props.card);
        }
    }
}
