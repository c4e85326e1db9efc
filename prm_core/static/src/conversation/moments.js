import { _t } from "@web/core/l10n/translation";

const { DateTime } = luxon;

/** A moment of the server (UTC, ISO) on the user's own clock. */
export function toLocal(at) {
    return DateTime.fromISO(at, { zone: "utc" }).setZone("default");
}

/** "Today", "Yesterday", "Tomorrow", else the date in the user's language. */
export function dayLabel(moment) {
    const days = Math.round(moment.startOf("day").diff(DateTime.now().startOf("day"), "days").days);
    if (days === 0) {
        return _t("Today");
    }
    if (days === -1) {
        return _t("Yesterday");
    }
    if (days === 1) {
        return _t("Tomorrow");
    }
    const sameYear = moment.year === DateTime.now().year;
    return moment.toLocaleString({
        weekday: "long",
        day: "numeric",
        month: "long",
        year: sameYear ? undefined : "numeric",
    });
}

export function timeLabel(moment) {
    return moment.toLocaleString(DateTime.TIME_SIMPLE);
}

/** Day and time: "Tomorrow, 08:00". */
export function momentLabel(at) {
    const moment = toLocal(at);
    return `${dayLabel(moment)}, ${timeLabel(moment)}`;
}
