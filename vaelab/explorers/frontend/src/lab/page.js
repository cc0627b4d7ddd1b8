// The lab in a built page: no kernel, no server. A plain script, as pages opened from disk load no modules.

import { filesBeside } from "../files.js";
import { hydrate } from "../hydrate.js";
import { mount } from "./mount.js";

const load = filesBeside(document.currentScript.src, "The pictures");
hydrate({ lab: (about) => mount({ ...about, load, inBook: true }) }, "[data-kind=lab]");
