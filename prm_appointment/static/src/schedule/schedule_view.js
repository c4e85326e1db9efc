import { WarningDialog } from "@web/core/errors/error_dialogs";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { CalendarController } from "@web/views/calendar/calendar_controller";
import { CalendarModel } from "@web/views/calendar/calendar_model";
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

    /** A visit that was dragged onto a taken time goes back to where it was. */
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

registry.category("views").add("prm_schedule", {
    ...calendarView,
    Controller: ScheduleController,
    Model: ScheduleModel,
});

// Somebody was quicker: that is said in a sentence like any other refusal.
registry
    .category("error_dialogs")
    .add("odoo.addons.prm_appointment.exceptions.SlotTaken", WarningDialog);
