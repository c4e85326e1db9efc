import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * A text that is chosen from a list, which another field of the record holds as
 * `[[value, label], …]`.
 */
export class ChoicesField extends Component {
    static template = "prm_core.ChoicesField";
    static props = {
        ...standardFieldProps,
        choicesField: { type: String },
        placeholder: { type: String, optional: true },
    };

    get value() {
        return this.props.record.data[this.props.name] || "";
    }

    get choices() {
        const choices = this.props.record.data[this.props.choicesField] || [];
        if (this.value && !choices.some(([value]) => value === this.value)) {
            // What is gone is shown, so that somebody can choose anew.
            return [...choices, [this.value, this.value]];
        }
        return choices;
    }

    get label() {
        const found = this.choices.find(([value]) => value === this.value);
        return found ? found[1] : this.props.placeholder || "";
    }

    onChange(ev) {
        this.props.record.update({ [this.props.name]: ev.target.value || false });
    }
}

registry.category("fields").add("prm_choices", {
    component: ChoicesField,
    supportedTypes: ["char"],
    extractProps: ({ attrs, options }) => ({
        choicesField: options.choices,
        placeholder: attrs.placeholder,
    }),
});
