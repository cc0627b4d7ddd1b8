// On every page: its quiz, and how far the reader got with all of them, in the contents.

import { hydrate } from "./hydrate.js";
import { showProgress } from "./progress.js";
import { mount as quiz } from "./quiz.js";

showProgress();
hydrate({ quiz }, "[data-kind=quiz]");
