/**
 * What a chart shows on a day, worked out of data that carry their dates: pure functions, so that
 * the slider through the past needs no request. Days are ISO texts, which sort as they are.
 */

const OPEN = ["planned", "accepted", "scheduled", "in_progress"];
/** Findings that are work which others did: drawn like it. */
const EXISTING = ["filling", "crown", "bridge", "root_canal", "implant"];

/** The status that a procedure had on a day; null before it was entered. */
export function stateOn(procedure, day) {
    let found = null;
    for (const [from, state] of procedure.steps) {
        if (from <= day) {
            found = state;
        }
    }
    return found;
}

export function isFoundOn(finding, day) {
    return finding.date <= day && (!finding.resolved || finding.resolved > day);
}

/** How a status is drawn: planned, completed, existing, or not at all. */
export function lookOf(state) {
    if (OPEN.includes(state)) {
        return "planned";
    }
    return ["completed", "existing"].includes(state) ? state : null;
}

export function isOpen(state) {
    return OPEN.includes(state);
}

/** The days on which something changed, oldest first, up to today, which is the last. */
export function daysOf(chart) {
    const days = new Set([chart.today]);
    for (const procedure of chart.procedures) {
        procedure.steps.forEach(([day]) => days.add(day));
    }
    for (const finding of chart.findings || []) {
        days.add(finding.date);
        if (finding.resolved) {
            days.add(finding.resolved);
        }
    }
    return [...days].filter((day) => day <= chart.today).sort();
}

/** What is drawn on one tooth for procedures and findings that hold on a day. */
function marksOf(procedures, findings) {
    const marks = findings.map((finding) => {
        const existing = EXISTING.includes(finding.kind);
        return {
            key: `finding-${finding.id}`,
            what: finding.kind,
            look: existing ? "existing" : "finding",
            surfaces: finding.surfaces,
            day: finding.date,
        };
    });
    for (const { procedure, state, since } of procedures) {
        const look = lookOf(state);
        if (look && procedure.effect) {
            marks.push({
                key: `procedure-${procedure.id}`,
                what: procedure.effect,
                look,
                surfaces: procedure.surfaces,
                day: since,
            });
        }
    }
    return marks.sort((one, other) => (one.day < other.day ? -1 : one.day > other.day ? 1 : 0));
}

/**
 * The mouth on a day: `{FDI number: {procedures, findings, marks, gone}}`, and under "" what
 * belongs to no single tooth. `gone` is how a tooth left: a look, or "finding" where it is missing.
 */
export function mouthOn(chart, day) {
    const mouth = {};
    const at = (tooth) =>
        (mouth[tooth] ||= { procedures: [], findings: [], marks: [], gone: null });
    for (const procedure of chart.procedures) {
        const state = stateOn(procedure, day);
        if (state) {
            const since = procedure.steps.findLast(([from]) => from <= day)[0];
            at(procedure.tooth).procedures.push({ procedure, state, since });
        }
    }
    for (const finding of chart.findings || []) {
        if (isFoundOn(finding, day)) {
            at(finding.tooth).findings.push(finding);
        }
    }
    for (const [tooth, place] of Object.entries(mouth)) {
        place.marks = tooth ? marksOf(place.procedures, place.findings) : [];
        const last = place.marks.findLast(
            ({ what, look }) => what === "missing" || (what === "extraction" && look !== "planned"),
        );
        place.gone = last ? last.look : null;
    }
    return mouth;
}

/** What the fill of a surface says: the last thing done or found there, and what is planned. */
export function fillOf(marks, surface) {
    const there = marks.filter(
        ({ what, surfaces }) =>
            ["filling", "caries", "veneer"].includes(what) && surfaces.includes(surface),
    );
    const planned = there.some(({ look }) => look === "planned");
    const last = there.findLast(({ look }) => look !== "planned");
    return { base: last ? (last.what === "caries" ? "caries" : last.look) : null, planned };
}
