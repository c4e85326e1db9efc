import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** The figures of a journey, step by step; each number opens its list. */
export class JourneyFunnel extends Component {
    static template = "prm_core.JourneyFunnel";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ rows: [], versions: 1, all: false, loaded: false });
        this.columns = [
            { name: "reached", label: _t("Came to it") },
            { name: "waiting", label: _t("Waiting") },
            { name: "on_its_way", label: _t("On its way") },
            { name: "sent", label: _t("Sent or done") },
            { name: "held", label: _t("Held back"), reasons: true },
            { name: "read", label: _t("Read") },
            { name: "acted", label: _t("Acted on") },
            { name: "goal", label: _t("Goal after it") },
            { name: "left", label: _t("Left after it"), reasons: true },
        ];
        onWillStart(() => this.load(this.props.record));
        onWillUpdateProps((props) => {
            if (props.record.resId !== this.resId) {
                return this.load(props.record);
            }
        });
    }

    get isNew() {
        return !this.props.record.resId;
    }

    get isEmpty() {
        return this.state.loaded && !this.state.rows.some((row) => row.reached.count);
    }

    async load(record) {
        this.resId = record.resId;
        if (!record.resId) {
            return;
        }
        const figures = await this.orm.call("prm.journey", "get_funnel", [record.resId], {
            all_versions: this.state.all,
        });
        Object.assign(this.state, figures, { loaded: true });
    }

    async chooseVersions(all) {
        this.state.all = all;
        await this.load(this.props.record);
    }

    total(numbers) {
        return numbers.reduce((sum, number) => sum + number.count, 0);
    }

    isNone(row, column) {
        const number = row[column.name];
        return column.reasons ? !number.length : !number.count;
    }

    /** A share of those who came to the step, in percent. */
    share(row, name) {
        return row.reached.count ? Math.round((100 * row[name].count) / row.reached.count) : 0;
    }

    open(row, column, number) {
        this.action.doAction({
            type: "ir.actions.act_window",
            name: `${row.label || row.do}: ${column.label}`,
            res_model: number.model,
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain: number.domain,
        });
    }
}

registry.category("view_widgets").add("prm_journey_funnel", { component: JourneyFunnel });
