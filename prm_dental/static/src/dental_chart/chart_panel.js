import { Component, useState } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { isOpen } from "./chart_data";

const { DateTime } = luxon;
/** How many kinds of treatment are offered before somebody types. */
const OFFERED = 8;

/** A text without case and accents, so that "endo" finds "Endodóncia". */
function plain(text) {
    return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Beside the chart: what is on the chosen tooth, what can be added, what is planned. */
export class ChartPanel extends Component {
    static template = "prm_dental.ChartPanel";
    static components = { Dropdown, DropdownItem };
    static props = {
        chart: Object,
        mouth: Object,
        tooth: [Object, { value: null }],
        sign: Function,
        surfaces: String,
        isNow: Boolean,
        busy: Boolean,
        problem: String,
        onSurface: Function,
        onSelect: Function,
        onClear: Function,
        onAdd: Function,
        onStep: Function,
        onResolve: Function,
    };

    setup() {
        this.state = useState({
            what: "procedure",
            search: "",
            type: null,
            kind: null,
            state: "planned",
            area: "",
            note: "",
            hint: "",
        });
    }

    // ------------------------------------------------------------
    // WHAT IS THERE
    // ------------------------------------------------------------

    get place() {
        const key = this.props.tooth ? this.props.tooth.fdi : "";
        return this.props.mouth[key] || { procedures: [], findings: [] };
    }

    get title() {
        const { tooth, sign } = this.props;
        return tooth ? _t("Tooth %s", sign(tooth)) : _t("Whole mouth");
    }

    kindName(kind) {
        return Object.fromEntries(this.props.chart.finding_kinds)[kind];
    }

    date(day) {
        return DateTime.fromISO(day).toLocaleString(DateTime.DATE_MED);
    }

    money(amount) {
        return new Intl.NumberFormat(DateTime.now().locale, {
            style: "currency",
            currency: this.props.chart.currency,
        }).format(amount);
    }

    get canAct() {
        return this.props.chart.can_write && this.props.isNow;
    }

    /** What is still to be done in the whole mouth. */
    get planned() {
        return Object.values(this.props.mouth)
            .flatMap((place) => place.procedures)
            .filter(({ state }) => isOpen(state))
            .sort((one, other) => one.procedure.id - other.procedure.id);
    }

    get total() {
        return this.planned.reduce((sum, { procedure }) => sum + procedure.fee, 0);
    }

    whereOf(procedure) {
        const { chart, sign } = this.props;
        const tooth = chart.teeth.find(({ fdi }) => fdi === procedure.tooth);
        return [tooth ? sign(tooth) : chart.areas[procedure.area], procedure.surfaces]
            .filter(Boolean)
            .join(" ");
    }

    openTooth(procedure) {
        const tooth = this.props.chart.teeth.find(({ fdi }) => fdi === procedure.tooth);
        return tooth ? this.props.onSelect(tooth) : this.props.onClear();
    }

    // ------------------------------------------------------------
    // ADDING
    // ------------------------------------------------------------

    get types() {
        const scopes = this.props.tooth
            ? ["tooth", "surface", ""]
            : ["mouth", "arch", "quadrant", ""];
        const words = plain(this.state.search).split(/\s+/).filter(Boolean);
        const found = this.props.chart.types.filter((type) => {
            const text = plain(`${type.code} ${type.name}`);
            return scopes.includes(type.scope) && words.every((word) => text.includes(word));
        });
        // What is drawn on a tooth is what is planned most.
        return found
            .sort((one, other) => Boolean(other.effect) - Boolean(one.effect))
            .slice(0, OFFERED);
    }

    get type() {
        return this.types.find(({ id }) => id === this.state.type) || null;
    }

    get areas() {
        const arches = this.type?.scope === "arch";
        return Object.entries(this.props.chart.areas).filter(([code]) =>
            arches ? code.startsWith("0") : !code.startsWith("0"),
        );
    }

    get needsArea() {
        return ["arch", "quadrant"].includes(this.type?.scope);
    }

    /** A finding is on a tooth; for the whole mouth there are treatments only. */
    get what() {
        return this.props.tooth ? this.state.what : "procedure";
    }

    choose(what) {
        Object.assign(this.state, { what, hint: "" });
    }

    chooseType(id) {
        Object.assign(this.state, { type: id, hint: "" });
    }

    chooseKind(kind) {
        Object.assign(this.state, { kind, hint: "" });
    }

    onSearchKeydown(ev) {
        if (ev.key === "Enter" && this.types.length) {
            ev.preventDefault();
            this.chooseType(this.types[0].id);
        }
    }

    /** The sentence that says what is missing before it can be added. */
    get missing() {
        if (this.what === "finding") {
            return this.state.kind ? "" : _t("Choose a finding.");
        }
        if (!this.type) {
            return _t("Choose a treatment.");
        }
        if (this.type.scope === "surface" && !this.props.surfaces) {
            return _t("Choose the surfaces first: press them on the tooth.");
        }
        if (this.needsArea && !this.areas.some(([code]) => code === this.state.area)) {
            return _t("Choose where.");
        }
        return "";
    }

    async add() {
        this.state.hint = this.missing;
        if (this.state.hint) {
            return;
        }
        const { tooth, surfaces, onAdd } = this.props;
        const where = { tooth: tooth ? tooth.fdi : false, surfaces: surfaces || false };
        let added;
        if (this.what === "finding") {
            added = await onAdd("finding", {
                ...where,
                kind: this.state.kind,
                note: this.state.note,
            });
        } else {
            added = await onAdd("procedure", {
                ...where,
                // Surfaces that were pressed don't matter to a crown.
                surfaces: ["surface", ""].includes(this.type.scope) && where.surfaces,
                type_id: this.type.id,
                state: this.state.state,
                area: this.needsArea && this.state.area,
            });
        }
        if (added) {
            Object.assign(this.state, { kind: null, note: "", search: "", type: null });
        }
    }
}
