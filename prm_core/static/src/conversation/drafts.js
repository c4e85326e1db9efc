import { reactive } from "@odoo/owl";

/** What was begun and not sent, by patient. In memory only: it may tell of a patient's health. */
const drafts = new Map();

/** An empty draft: care, because mostly a person answers a person. */
export function newDraft() {
    return { purpose: "care", channel: "", templateId: 0, subject: "", proposed: "", text: "" };
}

/** The draft for a patient; it survives a look at another tab of the form. */
export function draftOf(patientId) {
    if (!drafts.has(patientId)) {
        drafts.set(patientId, reactive(newDraft()));
    }
    return drafts.get(patientId);
}
