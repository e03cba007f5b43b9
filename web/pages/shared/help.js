// The key ? opens Help, on every page; beside it, since leaving this one may end what runs here.

import { listenKeys } from "./keys.js";

listenKeys({ "?": () => open("/help", "_blank", "noopener") });
