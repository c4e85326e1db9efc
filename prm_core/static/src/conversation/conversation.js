import { Component, onWillStart, onWillUnmount, markup, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { Composer } from "./composer";
import { ConversationEntry } from "./conversation_entry";
import { useConversationScroll } from "./conversation_scroll";
import { draftOf } from "./drafts";
import { dayLabel, momentLabel, toLocal } from "./moments";
import { WhyDialog } from "./why_dialog";

const FIRST_PAGE = 50;
const NEXT_PAGES = 100;
/** How often the newest page is asked for again, while somebody can see it. */
const REFRESH_MS = 20_000;

function compare(one, other) {
    for (const part of ["at", "kind", "id"]) {
        if (one[part] !== other[part]) {
            return one[part] < other[part] ? -1 : 1;
        }
    }
    return 0;
}

/** Everything said and done about one patient in one scroll, with a composer below. */
export class Conversation extends Component {
    static template = "prm_core.Conversation";
    static components = { Composer, ConversationEntry };
    static props = {
        patientId: Number,
        wide: { type: Boolean, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.state = useState({
            kinds: [],
            hidden: [],
            upcoming: [],
            search: "",
            loading: true,
            empty: false,
            news: 0,
        });
        this.draft = useState(draftOf(this.props.patientId));
        this.entries = []; // from oldest to newest; thousands of them, so not reactive
        this.more = false;
        this.asked = 0;
        this.scroll = useConversationScroll(() => this.loadOlder());
        this.onSearch = useDebounced(() => this.reload(), 300);
        onWillStart(() => this.reload());
        this.timer = setInterval(() => this.refresh(), REFRESH_MS);
        onWillUnmount(() => clearInterval(this.timer));
    }

    // ------------------------------------------------------------
    // LOADING
    // ------------------------------------------------------------

    get filtered() {
        return Boolean(this.state.hidden.length || this.state.search.trim());
    }

    async fetchPage(before, limit) {
        const shown = this.state.kinds.map(({ kind }) => kind);
        const kinds = shown.filter((kind) => !this.state.hidden.includes(kind));
        const page = await this.orm.silent.call(
            "prm.patient",
            "conversation_page",
            [this.props.patientId],
            {
                before,
                kinds: this.state.hidden.length ? kinds : null,
                limit,
                search: this.state.search,
            },
        );
        page.entries.reverse();
        return page;
    }

    /** Begin anew with the newest page. */
    async reload() {
        const asked = ++this.asked;
        this.state.loading = true;
        const page = await this.fetchPage(null, FIRST_PAGE);
        if (asked !== this.asked) {
            return; // somebody has asked for something else meanwhile
        }
        this.scroll.state.atEnd = true;
        this.more = page.more;
        this.state.loading = false;
        this.state.news = 0;
        this.takeAround(page);
        this.setEntries(page.entries);
    }

    async loadOlder() {
        if (!this.more || this.state.loading) {
            return;
        }
        const asked = this.asked;
        const { at, kind, id } = this.entries[0];
        this.state.loading = true;
        const page = await this.fetchPage([at, kind, id], NEXT_PAGES);
        if (asked === this.asked) {
            this.more = page.more;
            this.state.loading = false;
            this.setEntries([...page.entries, ...this.entries]);
        }
    }

    /** See what is new. Nobody is asked while nobody looks. */
    async refresh() {
        if (document.visibilityState !== "visible" || this.state.loading) {
            return;
        }
        const asked = this.asked;
        let page;
        try {
            page = await this.fetchPage(null, FIRST_PAGE);
        } catch {
            return; // no connection: the next turn will tell
        }
        if (asked !== this.asked) {
            return;
        }
        const known = new Set(this.entries.map(({ key }) => key));
        if (page.more && !page.entries.some(({ key }) => known.has(key))) {
            await this.reload(); // so much is new that the two don't meet
            return;
        }
        this.takeAround(page);
        this.merge(page.entries);
    }

    takeAround(page) {
        this.state.kinds = page.kinds;
        this.state.upcoming = page.upcoming;
    }

    /** Put entries among those that are there; those that are the same stay untouched. */
    merge(entries) {
        const byKey = new Map(this.entries.map((entry) => [entry.key, entry]));
        let changed = false;
        for (const entry of entries) {
            const old = byKey.get(entry.key);
            if (!old || JSON.stringify(old) !== JSON.stringify(entry)) {
                byKey.set(entry.key, entry);
                changed = true;
                this.state.news += old || this.scroll.state.atEnd ? 0 : 1;
            }
        }
        if (changed) {
            this.setEntries([...byKey.values()].sort(compare));
        }
    }

    setEntries(entries) {
        this.entries = entries;
        this.state.empty = !entries.length;
        let before = "";
        const rows = entries.map((entry) => {
            const moment = toLocal(entry.at);
            const day = moment.toISODate();
            const row = {
                key: entry.key,
                kind: entry.kind,
                text: entry.text,
                day: day === before ? undefined : dayLabel(moment),
                entry,
            };
            before = day;
            return row;
        });
        this.scroll.setRows(rows);
    }

    // ------------------------------------------------------------
    // WHAT PEOPLE DO
    // ------------------------------------------------------------

    toggle(kind) {
        const { hidden } = this.state;
        this.state.hidden = hidden.includes(kind)
            ? hidden.filter((other) => other !== kind)
            : [...hidden, kind];
        return this.reload();
    }

    showAll() {
        this.state.hidden = [];
        this.state.search = "";
        return this.reload();
    }

    toEnd() {
        this.state.news = 0;
        this.scroll.toEnd();
    }

    onScroll() {
        this.scroll.onScroll();
        if (this.scroll.state.atEnd && this.state.news) {
            this.state.news = 0;
        }
    }

    async onSent(entry) {
        if (this.filtered) {
            await this.showAll();
        } else {
            this.scroll.state.atEnd = true;
            this.merge([entry]);
        }
    }

    async onAction(entry, name) {
        if (name === "edit") {
            Object.assign(this.draft, {
                templateId: 0,
                subject: entry.title || this.draft.subject,
                text: entry.text,
            });
            return;
        }
        if (name === "why") {
            const [message] = await this.orm.read("prm.message", [entry.id], ["why"]);
            this.dialog.add(WhyDialog, { title: entry.reason_text, why: markup(message.why) });
            return;
        }
        const method = name === "again" ? "action_send_again" : "action_cancel";
        await this.orm.call("prm.message", method, [[entry.id]]);
        this.notification.add(
            name === "again" ? _t("It is on its way again.") : _t("It will not be sent."),
            { type: "success" },
        );
        await this.refresh();
    }

    open({ res_model, res_id }) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model,
            res_id,
            views: [[false, "form"]],
        });
    }

    openWide() {
        return this.action.doAction("prm_core.prm_conversation_action", {
            additionalContext: { active_id: this.props.patientId },
        });
    }

    momentLabel(at) {
        return momentLabel(at);
    }
}
