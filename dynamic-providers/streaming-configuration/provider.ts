import { asProvider } from "../provider.js";
import { check, create, diff, read, remove, update } from "./lifecycle.js";

/** What the text in state loads. */
export = asProvider({ check, diff, create, read, update, delete: remove });
