// The lab in a built page. Its script comes deflated, at half its size, and unpacks itself here and now, so that the
// lab takes its room before the page is drawn.

import { bytes, size } from "packed:lab/whole.js";
import { fromBase64 } from "../base64.js";
import { inflate } from "../inflate.js";

const script = document.createElement("script");
script.dataset.home = document.currentScript.src;
script.text = new TextDecoder().decode(inflate(fromBase64(bytes), size));
document.head.append(script);
