/** The hook that some settings describe. */
import { type Clock, systemClock } from "../model/clock.js";
import { chinaCacheHook } from "./chinacache.js";
import { commandHook } from "./command-hook.js";
import { generalPurgeHook } from "./general-purge.js";
import type { Hook } from "./hook.js";
import { httpHook } from "./http-hook.js";
import type { HookSettings } from "./settings.js";
import { socketHook } from "./socket-hook.js";

export function createHook(
  { action, perPath }: Pick<HookSettings, "action" | "perPath">,
  clock: Clock = systemClock,
): Hook {
  switch (action.kind) {
    case "command":
      return commandHook({ ...action, perPath }, clock);
    case "socket":
      return socketHook(action);
    case "http":
      return httpHook(action);
    case "cdn": {
      const { urls, purge } = action;
      return purge.kind === "chinacache"
        ? chinaCacheHook(urls, purge)
        : generalPurgeHook(urls, purge);
    }
  }
}
