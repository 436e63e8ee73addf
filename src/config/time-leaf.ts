/** The single values of a configuration that are about time: lengths, times of the day, cron. */
import { checkCron, isTimeZone } from "../schedule/timetable.js";
import { formatDuration, parseDuration } from "./duration.js";
import { leaf } from "./leaf.js";
import { nearest } from "./suggest.js";

/** In ms. `step` is 1000 where rsync or ssh counts whole seconds. */
export function duration(leastMs: number, mostMs: number, step = 1) {
  const range = `${formatDuration(leastMs)}–${formatDuration(mostMs)}`;
  const unit = /[a-z]+$/.exec(formatDuration(Math.max(leastMs, 1_000)))?.[0] ?? "s";
  const whole = step === 1000 ? " in whole seconds" : "";
  const pattern = "^(\\d+(\\.\\d+)?(d|h|m|s|ms) ?)+$";
  return leaf(
    `expected a length of time such as ${formatDuration(Math.max(leastMs, 5_000))} (${range}${whole})`,
    { kind: "duration", json: { type: "string", pattern } },
    (value) => {
      const ms = parseDuration(value);
      if (ms === undefined || ms % step !== 0) return undefined;
      return ms >= leastMs && ms <= mostMs ? ms : undefined;
    },
    (value) => (/^\d+$/.test(value) ? `Add the unit, as in ${value}${unit}.` : undefined),
  );
}

const MINUTES_OF_DAY = 24 * 60;

/** Minutes of the day; a window whose end is before its begin spans midnight. */
export interface DayWindow {
  readonly from: number;
  readonly to: number;
}

export function dayWindow() {
  const pattern = "^\\d{1,2}:\\d{2} ?[-–] ?\\d{1,2}:\\d{2}$";
  return leaf(
    'expected two different times of the day such as "22:00-06:00"',
    { kind: "`HH:MM-HH:MM`", json: { type: "string", pattern } },
    (value): DayWindow | undefined => {
      const { a, b, c, d } =
        /^(?<a>\d{1,2}):(?<b>\d{2}) ?[-–] ?(?<c>\d{1,2}):(?<d>\d{2})$/.exec(value)?.groups ?? {};
      const from = minuteOfDay(a, b);
      const to = minuteOfDay(c, d);
      return from === undefined || to === undefined || from === to ? undefined : { from, to };
    },
  );
}

/** `24:00` is the midnight at which the next day begins. */
function minuteOfDay(hours: string | undefined, minutes: string | undefined): number | undefined {
  const minute = Number(hours) * 60 + Number(minutes);
  const isTime = Number(minutes) < 60 && minute <= MINUTES_OF_DAY;
  return isTime ? minute % MINUTES_OF_DAY : undefined;
}

export function cron() {
  return leaf(
    'expected a cron expression such as "0 3 * * *"',
    { kind: "cron", json: { type: "string", minLength: 1 } },
    (value) => (value.trim() === "" || checkCron(value) !== undefined ? undefined : value),
    (value) => {
      const wrong = value.trim() === "" ? undefined : checkCron(value);
      return wrong === undefined ? undefined : sentence(wrong);
    },
  );
}

function sentence(text: string): string {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

export function timeZone() {
  return leaf(
    "expected the name of a time zone such as Europe/Berlin",
    { kind: "time zone", json: { type: "string", minLength: 1 } },
    (value) => (isTimeZone(value) ? value : undefined),
    (value) => {
      const meant = nearest(value, Intl.supportedValuesOf("timeZone"));
      return meant === undefined ? undefined : `Did you mean '${meant}'?`;
    },
  );
}
