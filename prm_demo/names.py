"""Names for invented people. Put together at random, they belong to nobody."""

FAMILY_NAMES = (
    "Abbott Acosta Alvarez Bauer Becker Bennett Bianchi Brandt Brooks Bryant Calloway Campos "
    "Castillo Chen Conti Cooper Cortez Costa Cruz Dalton Delgado Diaz Dixon Donovan Eaton "
    "Esposito Farrell Ferrara Fischer Fleming Flores Foster Fuentes Gallo Garcia Gibson Gomez "
    "Greco Guo Guzman Hale Harlow Hartmann Hayes Herrera Hoffmann Hughes Jacobs Jimenez Keller "
    "Kendall Kessler Lambert Leblanc Leone Lin Lindgren Lombardi Lopez Marino Marquez Mercer "
    "Molina Monroe Moreno Morgan Nakamura Navarro Neumann Nolan Novak Ortega Osborne Palmer "
    "Parker Pereira Quinn Ramirez Reyes Ricci Rinaldi Romero Russo Salazar Santoro Schneider "
    "Serrano Shaw Silva Sommer Soto Stein Sutton Tang Tanner Torres Vargas Vega Vogel Wagner "
    "Walsh Wang Weber Whitaker Winkler Xu Yates Zhang Zhou"
).split()

FEMALE = (
    "Abigail Adriana Alice Amelia Ana Anna Beatrice Camila Carla Carmen Charlotte Chiara Clara "
    "Daniela Diana Elena Elisa Emily Emma Eva Frances Gloria Grace Greta Hannah Ines Irene "
    "Isabel Jia Julia Katharina Laura Lena Lucia Marta Mei Mia Natalia Nora Olivia Paula Rosa "
    "Ruth Sara Sofia Stella Teresa Valeria Victoria Xiu Yara Zoe"
).split()

MALE = (
    "Aaron Adrian Alberto Andrew Anton Ben Bruno Carlos Daniel David Diego Edward Elias Emil "
    "Enzo Felix Francisco Gabriel George Hao Henry Hugo Ian Ivan Jack Jakob Javier Jonas Julian "
    "Leo Louis Luca Marco Martin Mateo Max Miguel Nathan Oliver Oscar Paul Pedro Rafael Robert "
    "Samuel Simon Stefan Thomas Victor Wei William Yusuf"
).split()

STREETS = (
    "Alder Aspen Birch Canyon Cedar Clover Cottonwood Elm Foothill Garden Juniper Larkspur "
    "Laurel Maple Meadow Mesa Orchard Pearl Pine Prairie Ridge River Spruce Summit Sunrise "
    "Walnut Willow"
).split()
