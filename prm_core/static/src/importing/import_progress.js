import { Component, onMounted, onWillUnmount } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const POLL_MS = 2000;

/** Reloads the form while an import runs in the background, so that its progress shows. */
export class ImportProgress extends Component {
    static template = "prm_core.ImportProgress";
    static props = { ...standardWidgetProps };

    setup() {
        onMounted(() => {
            this.timer = setInterval(() => this.refresh(), POLL_MS);
        });
        onWillUnmount(() => clearInterval(this.timer));
    }

    get running() {
        return this.props.record.data.state === "running";
    }

    async refresh() {
        if (this.running && !this.loading) {
            this.loading = true;
            await this.props.record.load();
            this.loading = false;
        }
    }
}

registry.category("view_widgets").add("prm_import_progress", {
    component: ImportProgress,
    fieldDependencies: [{ name: "state", type: "selection" }],
});
