// The lab in a built page: no kernel, no server. page.js brings it.

import style from "text:lab/lab.css";
import { h } from "../dom.js";
import { filesBeside } from "../files.js";
import { hydrate } from "../hydrate.js";
import { mount } from "./mount.js";

document.head.append(h("style", {}, style));
const load = filesBeside(document.currentScript.dataset.home, "The pictures");
hydrate({ lab: (about) => mount({ ...about, load, inBook: true }) }, "[data-kind=lab]");
