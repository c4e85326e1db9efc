import { WarningDialog } from "@web/core/errors/error_dialogs";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { CalendarCommonRenderer } from "@web/views/calendar/calendar_common/calendar_common_renderer";
import { CalendarController } from "@web/views/calendar/calendar_controller";
import { CalendarModel } from "@web/views/calendar/calendar_model";
import { CalendarRenderer } from "@web/views/calendar/calendar_renderer";
import { calendarView } from "@web/views/calendar/calendar_view";

export class ScheduleModel extends CalendarModel {
    get defaultFilterLabel() {
        return _t("No chair");
    }

    /** The title is put together by the server and never written back. */
    buildRawRecord(partialRecord, options) {
        const data = super.buildRawRecord(partialRecord, options);
        delete data.prm_title;
        return data;
    }

    /** A visit that was dragged to where it can't be goes back to where it was. */
    async updateRecord(record, options) {
        try {
            await super.updateRecord(record, options);
        } catch (error) {
            await this.load();
            throw error;
        }
    }
}

export class ScheduleController extends CalendarController {
    get editRecordDefaultDisplayText() {
        return _t("Book a visit");
    }
}

/** The box has the color of the status; its edge is the provider's, the dot the kind of visit's. */
export class ScheduleCommonRenderer extends CalendarCommonRenderer {
    eventClassNames(info) {
        const classes = super.eventClassNames(info);
        const record = this.props.model.records[info.event.id];
        if (record) {
            classes.push(`o_prm_edge_${record.rawRecord.prm_color || 0}`);
        }
        return classes;
    }

    onEventDidMount(info) {
        super.onEventDidMount(info);
        const record = this.props.model.records[info.event.id];
        const title = info.el.querySelector(".o_event_title");
        if (record && record.rawRecord.prm_type_color && title) {
            const dot = document.createElement("span");
            dot.className = `o_prm_dot o_prm_dot_${record.rawRecord.prm_type_color}`;
            title.prepend(dot);
        }
    }
}

export class ScheduleRenderer extends CalendarRenderer {
    static components = {
        ...CalendarRenderer.components,
        day: ScheduleCommonRenderer,
        week: ScheduleCommonRenderer,
        month: ScheduleCommonRenderer,
    };
}

registry.category("views").add("prm_schedule", {
    ...calendarView,
    Controller: ScheduleController,
    Model: ScheduleModel,
    Renderer: ScheduleRenderer,
});

// Somebody was quicker: that is said in a sentence like any other refusal.
registry
    .category("error_dialogs")
    .add("odoo.addons.prm_appointment.exceptions.SlotTaken", WarningDialog);
