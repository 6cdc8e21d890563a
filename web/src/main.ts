import { App } from "./app.ts";

void new App().begin();
