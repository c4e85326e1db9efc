import { Component } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";

/** What the gate looked at, step by step, for one message. */
export class WhyDialog extends Component {
    static template = "prm_core.WhyDialog";
    static components = { Dialog };
    static props = { title: String, why: Object, close: Function };
}
