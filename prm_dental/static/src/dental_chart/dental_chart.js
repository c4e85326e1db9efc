import { Component, markRaw, onMounted, onWillStart, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { daysOf, mouthOn } from "./chart_data";
import { ChartPanel } from "./chart_panel";
import { Tooth } from "./tooth";

const { DateTime } = luxon;
const STEP = 53;
const MIDDLE = 440;
const GAP = 7;
/** Heights of the middle of the crowns, by row. */
const ROWS = [
    { arch: "upper", deciduous: false },
    { arch: "upper", deciduous: true },
    { arch: "lower", deciduous: true },
    { arch: "lower", deciduous: false },
];
const HEIGHTS = { true: [66, 168, 232, 334], false: [66, 0, 0, 144] };
const NOTHING = { procedures: [], findings: [], marks: [], gone: null };
const NOTATION = "prm_dental.notation";
/** Up to this age the deciduous teeth are shown without asking. */
const CHILD = 13;
/** Keys that stand for a surface, whatever it is called on the tooth. */
const KEYS = { m: "M", d: "D", l: "L", p: "L", o: "OI", i: "OI", b: "BF", f: "BF", v: "BF" };

/** The dental chart of a patient: the mouth on any day, and what is to be done. */
export class DentalChart extends Component {
    static template = "prm_dental.DentalChart";
    static components = { Tooth, ChartPanel };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.root = useRef("root");
        const { context, params } = this.props.action;
        this.patientId = params?.patient_id || context.active_id;
        this.notations = [
            ["fdi", "FDI"],
            ["universal", _t("Universal")],
            ["palmer", "Palmer"],
        ];
        this.state = useState({
            chart: null,
            position: 0,
            notation: localStorage.getItem(NOTATION) || "fdi",
            deciduous: false,
            tooth: null,
            surfaces: "",
            focused: "18",
            busy: false,
            problem: "",
        });
        onWillStart(() => this.load());
        onMounted(() => this.measure());
    }

    // ------------------------------------------------------------
    // DATA
    // ------------------------------------------------------------

    async load() {
        this.take(await this.orm.call("prm.patient", "prm_chart", [[this.patientId]]));
        performance.mark("prm-chart-data");
        const { patient, procedures, findings } = this.state.chart;
        const shown = new Set(this.teeth.filter((t) => t.deciduous).map((t) => t.fdi));
        this.state.deciduous =
            (patient.age !== null && patient.age <= CHILD) ||
            [...procedures, ...(findings || [])].some(({ tooth }) => shown.has(tooth));
    }

    take(chart) {
        this.teeth = chart.teeth;
        this.kindNames = Object.fromEntries(chart.finding_kinds);
        this.days = daysOf(chart);
        // Replaced as a whole, never changed: nothing in it has to be watched.
        this.state.chart = markRaw(chart);
        this.state.position = this.days.length - 1;
    }

    /** How long a full mouth took from its data to the screen, for those who want to know. */
    measure() {
        requestAnimationFrame(() =>
            setTimeout(() => {
                performance.mark("prm-chart-painted");
                performance.measure("prm-chart-paint", "prm-chart-data", "prm-chart-painted");
            }),
        );
    }

    /** Ask the server for a change; what is wrong stands in the panel, and nothing typed is lost. */
    async change(method, ...args) {
        if (this.state.busy) {
            return false;
        }
        Object.assign(this.state, { busy: true, problem: "" });
        try {
            this.take(await this.orm.call("prm.patient", method, [[this.patientId], ...args]));
            return true;
        } catch (error) {
            if (!error.data?.message) {
                throw error;
            }
            this.state.problem = error.data.message;
            return false;
        } finally {
            this.state.busy = false;
        }
    }

    async add(what, vals) {
        const added = await this.change("prm_chart_add", what, vals);
        if (added) {
            this.state.surfaces = "";
        }
        return added;
    }

    // ------------------------------------------------------------
    // WHAT IS SHOWN
    // ------------------------------------------------------------

    get day() {
        return this.days[this.state.position];
    }

    get isNow() {
        return this.state.position === this.days.length - 1;
    }

    get dayLabel() {
        const day = DateTime.fromISO(this.day).toLocaleString(DateTime.DATE_MED);
        return this.isNow ? _t("Today, %s", day) : day;
    }

    /** The mouth on the day that is shown, worked out once for each day. */
    get mouth() {
        const { chart } = this.state;
        const day = this.isNow ? "9999-12-31" : this.day;
        if (this.known?.chart !== chart || this.known.day !== day) {
            this.known = { chart, day, mouth: mouthOn(chart, day) };
        }
        return this.known.mouth;
    }

    get height() {
        return this.state.deciduous ? 400 : 210;
    }

    /** Teeth with their place in the drawing, row by row. */
    get drawing() {
        const mouth = this.mouth;
        const heights = HEIGHTS[this.state.deciduous];
        const found = [];
        ROWS.forEach((row, index) => {
            if (row.deciduous && !this.state.deciduous) {
                return;
            }
            const teeth = this.teeth.filter(
                (tooth) => tooth.arch === row.arch && tooth.deciduous === row.deciduous,
            );
            teeth.forEach((tooth, number) => {
                const left = number < teeth.length / 2;
                const offset = (number - (teeth.length - 1) / 2) * STEP + (left ? -GAP : GAP);
                const place = mouth[tooth.fdi] || NOTHING;
                found.push({
                    tooth,
                    place,
                    row: index,
                    x: MIDDLE + offset,
                    y: heights[index],
                    label: this.labelOf(tooth, place),
                });
            });
        });
        return found;
    }

    sign(tooth) {
        return tooth[this.state.notation];
    }

    /** What somebody hears who does not see the tooth. */
    labelOf(tooth, place) {
        const { states } = this.state.chart;
        const parts = [
            ...place.findings.map((f) => `${this.kindNames[f.kind]} ${f.surfaces}`.trim()),
            ...place.procedures.map(({ procedure, state }) =>
                `${states[state]}: ${procedure.name} ${procedure.surfaces}`.trim(),
            ),
        ];
        const name = _t("Tooth %(sign)s, %(name)s", { sign: this.sign(tooth), name: tooth.name });
        return parts.length ? `${name}: ${parts.join("; ")}` : name;
    }

    get selected() {
        return this.teeth.find((tooth) => tooth.fdi === this.state.tooth) || null;
    }

    get said() {
        const tooth = this.selected;
        if (!tooth) {
            return "";
        }
        const names = this.state.chart.surface_names;
        const surfaces = [...this.state.surfaces].map((letter) => names[letter]).join(", ");
        return [this.labelOf(tooth, this.mouth[tooth.fdi] || NOTHING), surfaces]
            .filter(Boolean)
            .join(". ");
    }

    // ------------------------------------------------------------
    // CHOOSING
    // ------------------------------------------------------------

    select(tooth) {
        this.state.problem = "";
        if (this.state.tooth !== tooth.fdi) {
            this.state.surfaces = "";
        }
        Object.assign(this.state, { tooth: tooth.fdi, focused: tooth.fdi });
    }

    toggle(tooth, letter) {
        this.select(tooth);
        const chosen = new Set(this.state.surfaces);
        if (!chosen.delete(letter)) {
            chosen.add(letter);
        }
        this.state.surfaces = tooth.surfaces.filter((one) => chosen.has(one)).join("");
    }

    clear() {
        Object.assign(this.state, { tooth: null, surfaces: "", problem: "" });
    }

    setNotation(notation) {
        this.state.notation = notation;
        localStorage.setItem(NOTATION, notation);
    }

    toggleDeciduous() {
        this.state.deciduous = !this.state.deciduous;
        const shown = this.drawing.map(({ tooth }) => tooth.fdi);
        if (!shown.includes(this.state.focused)) {
            this.state.focused = "18";
        }
        if (this.state.tooth && !shown.includes(this.state.tooth)) {
            this.clear();
        }
    }

    onSlide(ev) {
        this.state.position = Number(ev.target.value);
    }

    move(by) {
        const last = this.days.length - 1;
        this.state.position = Math.min(Math.max(this.state.position + by, 0), last);
    }

    print() {
        window.print();
    }

    openPatient() {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "prm.patient",
            res_id: this.patientId,
            views: [[false, "form"]],
        });
    }

    // ------------------------------------------------------------
    // KEYBOARD
    // ------------------------------------------------------------

    /** Arrows move between teeth, Enter chooses, letters are surfaces, Escape lets go. */
    onKeydown(ev) {
        const fdi = ev.target.closest?.(".o_prm_tooth")?.dataset.tooth;
        if (ev.altKey || ev.ctrlKey || ev.metaKey) {
            return;
        }
        if (ev.key === "Escape" && !ev.target.matches("input[type=search]")) {
            this.clear();
        } else if (!fdi) {
            return;
        } else if (ev.key.startsWith("Arrow")) {
            this.focusNext(fdi, ev.key);
        } else if (ev.key === "Enter" || ev.key === " ") {
            this.select(this.teeth.find((tooth) => tooth.fdi === fdi));
        } else if (KEYS[ev.key.toLowerCase()]) {
            const tooth = this.teeth.find((one) => one.fdi === fdi);
            const letters = KEYS[ev.key.toLowerCase()];
            this.toggle(
                tooth,
                [...letters].find((letter) => tooth.surfaces.includes(letter)),
            );
        } else {
            return;
        }
        ev.preventDefault();
    }

    focusNext(fdi, key) {
        const drawing = this.drawing;
        const here = drawing.find(({ tooth }) => tooth.fdi === fdi);
        let goal;
        if (key === "ArrowLeft" || key === "ArrowRight") {
            const way = key === "ArrowLeft" ? -1 : 1;
            const row = drawing.filter(({ row }) => row === here.row);
            goal = row[row.indexOf(here) + way];
        } else {
            const way = key === "ArrowUp" ? -1 : 1;
            const rows = [...new Set(drawing.map(({ row }) => row))];
            const next = rows[rows.indexOf(here.row) + way];
            const nearer = (one, other) =>
                Math.abs(one.x - here.x) <= Math.abs(other.x - here.x) ? one : other;
            const row = drawing.filter(({ row }) => row === next);
            goal = row.length ? row.reduce(nearer) : null;
        }
        if (goal) {
            this.state.focused = goal.tooth.fdi;
            this.root.el.querySelector(`[data-tooth="${goal.tooth.fdi}"]`).focus();
        }
    }
}

registry.category("actions").add("prm_dental_chart", DentalChart);
