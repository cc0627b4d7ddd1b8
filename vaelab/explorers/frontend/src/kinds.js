// Every kind of explorer, by the name its specification gives.

import * as plane from "./explorers/plane.js";
import * as quiz from "./quiz.js";

export const kinds = { plane, quiz };
