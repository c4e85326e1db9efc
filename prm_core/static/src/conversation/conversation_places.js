import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { Layout } from "@web/search/layout";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { Conversation } from "./conversation";

/** The conversation in a form of a patient. */
export class ConversationWidget extends Component {
    static template = "prm_core.ConversationWidget";
    static components = { Conversation };
    static props = { ...standardWidgetProps };
}

registry.category("view_widgets").add("prm_conversation", { component: ConversationWidget });

/** The conversation over the whole screen. */
export class ConversationAction extends Component {
    static template = "prm_core.ConversationAction";
    static components = { Conversation, Layout };
    static props = { ...standardActionServiceProps };

    get patientId() {
        return this.props.action.context.active_id;
    }
}

registry.category("actions").add("prm_core.conversation", ConversationAction);
