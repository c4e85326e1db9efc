from odoo import models

#: Countries that Odoo leaves with the American order although their post wants the postcode before
#: the place (Universal Postal Union, addressing guides by country).
ZIP_FIRST = frozenset("AL BA BG CY CZ EE GR HU IS IT LT ME MK PT RO RS SI SK SM VA".split())
ZIP_FIRST_LAYOUT = "%(street)s\n%(street2)s\n%(zip)s %(city)s %(state_code)s\n%(country_name)s"


class PrmPatientLetter(models.Model):
    """Where the post finds a patient."""

    _inherit = "prm.patient"

    def _postal_address(self, receiver=None):
        """The lines below the name, as the country writes them; empty when something is missing.

        :param receiver: the contact who gets the letter in the patient's place: at an address of
            their own if they have a whole one, else at the patient's.
        """
        self.ensure_one()
        return (receiver and self._address_of(receiver)) or self._address_of(self.partner_id)

    def _address_of(self, partner):
        """The lines of one contact.

        The country stands there, in capitals and in the practice's language, only when the letter
        leaves the practice's own.
        """
        home = self.company_id.country_id
        country = partner.country_id or home
        if not partner.street or not partner.city or (country.zip_required and not partner.zip):
            return ""
        layout, values = partner._prepare_display_address(without_company=True)
        abroad = partner.country_id and partner.country_id != home
        lang = self.company_id.partner_id.lang
        values["country_name"] = country.with_context(lang=lang).name.upper() if abroad else ""
        if not partner.country_id:
            layout = country.address_format or layout
        if country.code in ZIP_FIRST and layout == partner._get_default_address_format():
            layout = ZIP_FIRST_LAYOUT
        lines = (" ".join(line.split()) for line in (layout % values).splitlines())
        return "\n".join(line for line in lines if line)
