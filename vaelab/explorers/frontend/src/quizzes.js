// On every page: its quiz, the place that the address names, and how far the reader got with all of them, in the contents.

import { keepAnchor } from "./anchor.js";
import { hydrate } from "./hydrate.js";
import { showProgress } from "./progress.js";
import { mount as quiz } from "./quiz.js";

showProgress();
keepAnchor();
hydrate({ quiz }, "[data-kind=quiz]");
