{
    "name": "PRM Demo Practice",
    "summary": "A fictional dental practice with 600 patients and two years of visits",
    "version": "19.0.0.1.0",
    "category": "Services/Patient Relationship",
    "author": "PRM for Odoo contributors",
    "website": "https://prm.example.org",
    "license": "AGPL-3",
    "depends": ["prm_dental"],
    "post_init_hook": "post_init_hook",
}
