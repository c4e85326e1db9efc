{
    "name": "PRM Dental: Invoicing",
    "summary": "Prices from products, invoices of treatments, and what patients owe",
    "version": "19.0.0.1.0",
    "category": "Services/Patient Relationship",
    "author": "PRM for Odoo contributors",
    "website": "https://prm.example.org",
    "license": "AGPL-3",
    "depends": ["prm_dental", "account"],
    "data": [
        "views/prm_procedure_type_views.xml",
        "views/prm_procedure_views.xml",
        "views/prm_patient_views.xml",
        "views/prm_treatment_plan_views.xml",
    ],
    "auto_install": True,
    "post_init_hook": "post_init_hook",
}
