import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Channels in the order in which they are tried; their codes are kept apart by commas. */
export class ChannelsField extends Component {
    static template = "prm_core.ChannelsField";
    static props = { ...standardFieldProps };

    get codes() {
        const text = this.props.record.data[this.props.name] || "";
        return text
            .split(",")
            .map((code) => code.trim())
            .filter(Boolean);
    }

    get choices() {
        return this.props.record.data.channel_choices || [];
    }

    get chosen() {
        return this.codes.map(
            (code) =>
                this.choices.find((choice) => choice.code === code) || {
                    code,
                    name: code,
                    usable: false,
                    has_text: true,
                },
        );
    }

    get others() {
        return this.choices.filter((choice) => choice.usable && !this.codes.includes(choice.code));
    }

    trouble(channel) {
        if (!channel.usable) {
            return _t("The practice has not set up this channel.");
        }
        return channel.has_text ? "" : _t("The text has no words for this channel yet.");
    }

    save(codes) {
        this.props.record.update({ [this.props.name]: codes.join(", ") || false });
    }

    add(ev) {
        if (ev.target.value) {
            this.save([...this.codes, ev.target.value]);
            ev.target.value = "";
        }
    }

    remove(code) {
        this.save(this.codes.filter((other) => other !== code));
    }

    earlier(index) {
        const codes = this.codes;
        codes.splice(index - 1, 2, codes[index], codes[index - 1]);
        this.save(codes);
    }
}

registry.category("fields").add("prm_channels", {
    component: ChannelsField,
    supportedTypes: ["char"],
    fieldDependencies: [{ name: "channel_choices", type: "json" }],
});
