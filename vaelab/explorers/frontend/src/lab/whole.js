// The lab in a built page: no kernel, no server. page.js brings it.

import { filesBeside } from "../files.js";
import { hydrate } from "../hydrate.js";
import { mount } from "./mount.js";

const load = filesBeside(document.currentScript.dataset.home, "The pictures");
hydrate({ lab: (about) => mount({ ...about, load, inBook: true }) }, "[data-kind=lab]");
