import { Component } from "@odoo/owl";
import { fillOf } from "./chart_data";

/**
 * Geometry of one tooth around the middle of its crown, the outer surface above and the mesial one
 * to the right; other places are mirrored. Units are those of the whole drawing.
 */
const HALF = 20;

function zones(anterior) {
    const [x, y] = anterior ? [11, 4] : [9, 9];
    const outer = anterior ? "F" : "B";
    const middle = anterior ? "I" : "O";
    return [
        [outer, `M-${HALF},-${HALF} H${HALF} L${x},-${y} H-${x} Z`],
        ["M", `M${HALF},-${HALF} V${HALF} L${x},${y} V-${y} Z`],
        ["L", `M-${HALF},${HALF} H${HALF} L${x},${y} H-${x} Z`],
        ["D", `M-${HALF},-${HALF} V${HALF} L-${x},${y} V-${y} Z`],
        [middle, `M-${x},-${y} H${x} V${y} H-${x} Z`],
    ];
}

const ZONES = { true: zones(true), false: zones(false) };

const ONE_ROOT = ["M-9,-23 Q-8,-41 0,-55 Q8,-41 9,-23 Z"];
const TWO_ROOTS = [
    "M-16,-23 Q-18,-42 -12,-54 Q-4,-42 -3,-23 Z",
    "M16,-23 Q18,-42 12,-54 Q4,-42 3,-23 Z",
];
const THREE_ROOTS = ["M-5,-23 Q-5,-40 0,-49 Q5,-40 5,-23 Z", ...TWO_ROOTS];

/** Canals, as lines in the roots. */
const ONE_CANAL = "M0,-23 V-51";
const TWO_CANALS = "M-10,-23 Q-13,-40 -12,-50 M10,-23 Q13,-40 12,-50";

/** Shapes over crown and root, by what they stand for. */
const SHAPES = {
    extraction: "M-19,-48 L19,19 M19,-48 L-19,19",
    missing: "M-19,-48 L19,19 M19,-48 L-19,19",
    implant: "M0,-22 V-54 M-8,-27 H8 M-7,-34 H7 M-6,-41 H6 M-4,-48 H4",
    crown: "M-15,-22 H15 Q22,-22 22,-15 V15 Q22,22 15,22 H-15 Q-22,22 -22,15 V-15 Q-22,-22 -15,-22 Z",
    bridge: "M-26,-23 H26 M-26,23 H26",
    veneer: "M-17,-21 H17",
    fracture: "M-21,7 L-9,-7 L-1,7 L8,-9 L21,3",
    wear: "M-13,-3 Q-9,-8 -4,-3 T4,-3 T13,-3 M-13,4 Q-9,-1 -4,4 T4,4 T13,4",
    impacted: "M0,-59 C26,-59 26,25 0,25 C-26,25 -26,-59 0,-59 Z",
    apical: "M-7,-53 a7,7 0 1,0 14,0 a7,7 0 1,0 -14,0",
};
SHAPES.implant_crown = SHAPES.crown;

/** Fills by what they say; the patterns stand in the drawing itself. */
const FILLS = {
    planned: "url(#o_prm_planned)",
    completed: "#1a5fb4",
    existing: "url(#o_prm_existing)",
    caries: "url(#o_prm_caries)",
};
const EMPTY = "#ffffff";
const ROOT = "#fbf7ee";

/** Letters and an arrow, which are never mirrored: paths, as a button is called by its label. */
const LETTERS = {
    sealant: "M5,-5 Q1,-9 -3,-6 Q-6,-2 0,0 Q6,2 3,6 Q-1,9 -5,5",
    watch: "M-7,-5 L-4,6 L0,-3 L4,6 L7,-5",
    mobile: "M-10,0 H10 M-6,-4 L-10,0 L-6,4 M6,-4 L10,0 L6,4",
};

/** One tooth of the chart: a button, whose surfaces can be pressed as well. */
export class Tooth extends Component {
    static template = "prm_dental.Tooth";
    static props = {
        tooth: Object,
        x: Number,
        y: Number,
        place: Object,
        sign: String,
        label: String,
        selected: Boolean,
        surfaces: String,
        focusable: Boolean,
        onSelect: Function,
        onSurface: Function,
    };

    get marks() {
        return this.props.place.marks;
    }

    get transform() {
        const { tooth } = this.props;
        const size = tooth.deciduous ? 0.84 : 1;
        const x = tooth.side === "right" ? size : -size;
        return `scale(${x},${tooth.arch === "upper" ? size : -size})`;
    }

    get anterior() {
        return this.props.tooth.surfaces.includes("I");
    }

    get zones() {
        return ZONES[this.anterior].map(([letter, path]) => {
            const { base, planned } = fillOf(this.marks, letter);
            const chosen = this.props.selected && this.props.surfaces.includes(letter);
            return { letter, path, base, planned, chosen, fill: FILLS[base] || EMPTY };
        });
    }

    get roots() {
        const { kind, arch } = this.props.tooth;
        if (kind !== "molar") {
            return ONE_ROOT;
        }
        return arch === "upper" ? THREE_ROOTS : TWO_ROOTS;
    }

    get rootFill() {
        return this.has("root_remnant") ? FILLS.caries : ROOT;
    }

    has(what) {
        return this.marks.some((mark) => mark.what === what);
    }

    /** Lines over the tooth, with the way they are drawn. */
    get shapes() {
        const canal = this.props.tooth.kind === "molar" ? TWO_CANALS : ONE_CANAL;
        return this.marks
            .map(({ key, what, look }) => ({
                key,
                what,
                look,
                path: what === "root_canal" ? canal : SHAPES[what],
            }))
            .filter(({ path }) => path);
    }

    get letters() {
        return this.marks
            .filter(({ what }) => LETTERS[what])
            .map(({ key, what, look }) => ({ key, look, path: LETTERS[what] }));
    }

    get classes() {
        const { place, selected } = this.props;
        const replaced = this.marks.some(
            ({ what, look }) => ["implant", "bridge"].includes(what) && look !== "planned",
        );
        return {
            o_prm_selected: selected,
            o_prm_tooth_gone: place.gone && !replaced,
            o_prm_replaced: place.gone && replaced,
            o_prm_remnant: this.has("root_remnant"),
            o_prm_unerupted: this.has("unerupted"),
        };
    }

    /** Where the number stands: on the side of the biting surfaces. */
    get signY() {
        const away = this.props.tooth.deciduous ? 30 : 36;
        return this.props.tooth.arch === "upper" ? away + 1 : -away + 9;
    }

    get areaY() {
        return this.props.tooth.arch === "upper" ? -61 : -42;
    }
}
