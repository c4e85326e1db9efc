import { Component, onWillStart, useEffect, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { newDraft } from "./drafts";
import { momentLabel, timeLabel, toLocal } from "./moments";

/** Milliseconds without typing after which the gate is asked again. */
const CHECK_AFTER = 350;

/** Writes to one patient, and says beforehand what will become of it. */
export class Composer extends Component {
    static template = "prm_core.Composer";
    static props = {
        patientId: Number,
        draft: Object,
        onSent: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.draft = useState(this.props.draft);
        this.state = useState({ options: null, check: null, sending: false });
        this.asked = 0;
        this.checkSoon = useDebounced(() => this.check(), CHECK_AFTER);
        onWillStart(async () => {
            this.state.options = await this.orm.call("prm.patient", "composer_open", [
                this.props.patientId,
            ]);
            if (this.maySend) {
                this.proposeSubject();
                await this.check();
            }
        });
        useEffect(
            () => {
                if (this.maySend) {
                    this.checkSoon();
                }
            },
            () => Object.values(this.wish),
        );
    }

    get maySend() {
        return this.state.options.may_send;
    }

    /** The patient may have written since the draft was begun; what a person typed stays. */
    proposeSubject() {
        const { subject, proposed } = this.draft;
        if (!subject || subject === proposed) {
            this.draft.subject = this.state.options.subject;
        }
        this.draft.proposed = this.state.options.subject;
    }

    /** What stands in the composer, as the server wants it. */
    get wish() {
        const { purpose, channel, templateId, subject, text } = this.draft;
        return { purpose, channel, template_id: templateId, subject, text };
    }

    async check() {
        const asked = ++this.asked;
        const check = await this.orm.silent.call("prm.patient", "composer_check", [
            this.props.patientId,
            this.wish,
        ]);
        if (asked === this.asked) {
            this.state.check = check;
        }
    }

    // ------------------------------------------------------------
    // WHAT IS SHOWN
    // ------------------------------------------------------------

    get channelName() {
        const code = this.state.check?.channel;
        return this.state.check?.channels.find((channel) => channel.code === code)?.name || "";
    }

    get automaticLabel() {
        return this.channelName && !this.draft.channel
            ? _t("Automatic: %s", this.channelName)
            : _t("Automatic");
    }

    get needsSubject() {
        return !this.draft.templateId && this.state.check?.channel === "email";
    }

    /** What will happen, in one sentence. */
    get outlook() {
        const { allowed, goes_at, address, zone, preview } = this.state.check;
        if (preview?.error) {
            return preview.error;
        }
        if (!allowed) {
            return _t("Would be held back: %s", this.state.check.reason_text);
        }
        const way = { channel: this.channelName, address };
        if (!goes_at) {
            return _t("Goes out at once by %(channel)s to %(address)s.", way);
        }
        const here = toLocal(goes_at);
        const there = here.setZone(zone);
        const clock =
            here.offset === there.offset
                ? ""
                : " " + _t("(%s on the patient's clock)", timeLabel(there));
        const moment = momentLabel(goes_at) + clock;
        return _t("%(moment)s: goes out by %(channel)s to %(address)s.", { ...way, moment });
    }

    /** What speaks against it, each sentence once, and what would change that. */
    get reasons() {
        const { reasons, reason_text, allowed } = this.state.check;
        const merged = new Map();
        for (const { what, text, source, remedy } of reasons) {
            const key = JSON.stringify([text, source, remedy]);
            const whats = merged.get(key)?.whats || [];
            merged.set(key, { whats: what ? [...whats, what] : whats, text, source, remedy });
        }
        return [...merged.values()].map(({ whats, text, source, remedy }) => ({
            what: whats.join(", "),
            // The sentence above says the first already, and until when a message waits.
            text: text === reason_text && !allowed ? "" : text + " ",
            source,
            remedy: allowed && !whats.length ? "" : remedy,
        }));
    }

    get tone() {
        const { allowed, goes_at } = this.state.check;
        if (!allowed) {
            return "held";
        }
        return goes_at ? "waiting" : "ready";
    }

    get sizeText() {
        const { units, limit, segments, cost } = this.state.check.size;
        const count =
            segments === 1
                ? _t("%(units)s of %(limit)s characters, 1 SMS", { units, limit })
                : _t("%(units)s characters, %(segments)s SMS", { units, segments });
        return cost ? `${count}, ${cost}` : count;
    }

    get maySendNow() {
        const { text, templateId } = this.draft;
        return Boolean(
            this.state.check?.allowed && !this.state.sending && (templateId || text.trim()),
        );
    }

    // ------------------------------------------------------------
    // WHAT PEOPLE DO
    // ------------------------------------------------------------

    onTemplate(ev) {
        const id = Number(ev.target.value);
        const template = this.state.options.templates.find((found) => found.id === id);
        this.draft.templateId = id;
        this.draft.purpose = template ? template.purpose : "care";
    }

    /** A template as a beginning: its words for this patient, to be changed at will. */
    changeWords() {
        const { subject, text } = this.state.check.preview;
        Object.assign(this.draft, { templateId: 0, subject: subject || this.draft.subject, text });
    }

    onKeydown(ev) {
        if (ev.key === "Enter" && (ev.ctrlKey || ev.metaKey)) {
            ev.preventDefault();
            ev.stopPropagation();
            this.send();
        }
    }

    async send() {
        if (!this.maySendNow) {
            return;
        }
        this.state.sending = true;
        try {
            // What was announced is what goes: the channel is the one that is shown.
            const wish = { ...this.wish, channel: this.state.check.channel };
            const entry = await this.orm.call("prm.patient", "composer_send", [
                this.props.patientId,
                wish,
            ]);
            Object.assign(this.draft, newDraft());
            this.proposeSubject();
            this.props.onSent(entry);
        } finally {
            this.state.sending = false;
        }
        await this.check();
    }
}
