import { registry } from "@web/core/registry";
import { calendarView } from "@web/views/calendar/calendar_view";

/** The schedule is the plain calendar view under a name of its own, for its style sheet. */
registry.category("views").add("prm_schedule", calendarView);
