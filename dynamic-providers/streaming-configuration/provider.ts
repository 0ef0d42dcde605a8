import { asProvider } from "../provider.js";
import { create, read, remove, update } from "./lifecycle.js";
import { check, diff } from "./plan.js";
import { withLeanState } from "./state-shape.js";

/** What the text in state loads. */
export = asProvider(withLeanState({ check, diff, create, read, update, delete: remove }));
