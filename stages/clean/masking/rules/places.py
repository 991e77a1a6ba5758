"""Countries, states, and words for who comes from where: parts of addresses, and types of their own."""

from stages.clean.masking.rules.base import words

COUNTRIES = words(
    "Afghanistan,Albania,Algeria,Andorra,Angola,Argentina,Armenia,Australia,Austria,Azerbaijan,Bahamas",
    "Bahrain,Bangladesh,Barbados,Belarus,Belgium,Belize,Benin,Bhutan,Bolivia,Bosnia and Herzegovina",
    "Bosnia,Botswana,Brazil,Brunei,Bulgaria,Burkina Faso,Burundi,Cambodia,Cameroon,Canada,Cape Verde",
    "Central African Republic,Chile,China,Colombia,Comoros,Congo,Costa Rica,Croatia,Cuba,Cyprus",
    "Czech Republic,Czechia,Denmark,Djibouti,Dominica,Dominican Republic,Ecuador,Egypt,El Salvador",
    "England,Equatorial Guinea,Eritrea,Estonia,Eswatini,Ethiopia,Faroe Islands,Fiji,Finland,France",
    "French Guiana,Gabon,Gambia,Germany,Ghana,Gibraltar,Great Britain,Greece,Greenland,Grenada",
    "Guadeloupe,Guam,Guatemala,Guernsey,Guinea,Guinea-Bissau,Guyana,Haiti,Holland,Honduras,Hong Kong",
    "Hungary,Iceland,India,Indonesia,Iran,Iraq,Ireland,Isle of Man,Israel,Italy,Ivory Coast,Jamaica",
    "Japan,Kazakhstan,Kenya,Kiribati,Kosovo,Kuwait,Kyrgyzstan,Laos,Latvia,Lebanon,Lesotho,Liberia,Libya",
    "Liechtenstein,Lithuania,Luxembourg,Macau,Macedonia,Madagascar,Malawi,Malaysia,Maldives,Malta",
    "Marshall Islands,Martinique,Mauritania,Mauritius,Mexico,Micronesia,Moldova,Monaco,Mongolia",
    "Montenegro,Morocco,Mozambique,Myanmar,Namibia,Nauru,Nepal,Netherlands,New Caledonia,New Zealand",
    "Nicaragua,Niger,Nigeria,North Korea,North Macedonia,Northern Ireland,Norway,Oman,Pakistan,Palau",
    "Palestine,Panama,Papua New Guinea,Paraguay,Peru,Philippines,Poland,Portugal,Puerto Rico,Qatar",
    "Romania,Russia,Russian Federation,Rwanda,Saint Lucia,Samoa,San Marino,Saudi Arabia,Scotland",
    "Senegal,Serbia,Seychelles,Sierra Leone,Singapore,Slovakia,Slovenia,Solomon Islands,Somalia",
    "South Africa,South Korea,South Sudan,Spain,Sri Lanka,Sudan,Suriname,Swaziland,Sweden,Switzerland",
    "Syria,Taiwan,Tajikistan,Tanzania,Thailand,Timor-Leste,Togo,Tonga,Trinidad and Tobago,Tunisia",
    "Turkey,Turkmenistan,Tuvalu,Uganda,Ukraine,United Arab Emirates,United Kingdom,United States",
    "United States of America,Uruguay,Uzbekistan,Vanuatu,Vatican City,Venezuela,Vietnam,Wales,Yemen",
    "Zambia,Zimbabwe",
)

STATES = words(
    "Alabama,Alaska,Arizona,Arkansas,California,Colorado,Connecticut,Delaware,Florida,Georgia,Hawaii",
    "Idaho,Illinois,Indiana,Iowa,Kansas,Kentucky,Louisiana,Maine,Maryland,Massachusetts,Michigan",
    "Minnesota,Mississippi,Missouri,Montana,Nebraska,Nevada,New Hampshire,New Jersey,New Mexico",
    "New York,North Carolina,North Dakota,Ohio,Oklahoma,Oregon,Pennsylvania,Rhode Island,South Carolina",
    "South Dakota,Tennessee,Texas,Utah,Vermont,Virginia,Washington,West Virginia,Wisconsin,Wyoming",
    "Ontario,Quebec,British Columbia,Alberta,Manitoba,Saskatchewan,Nova Scotia,New Brunswick",
    "Newfoundland,New South Wales,Victoria,Queensland,Tasmania",
)

SHORT = words("USA,U.S.A.,U.S.,US,UK,U.K.,UAE,EU".replace(".", r"\."))
"""What is written for a country with capitals only."""

NATIONALITIES = words(
    "Afghan,African,Albanian,Algerian,American,Angolan,Arab,Argentine,Argentinian,Armenian,Asian",
    "Australian,Austrian,Azerbaijani,Bangladeshi,Basque,Belarusian,Belgian,Bolivian,Bosnian,Brazilian",
    "British,Bulgarian,Burmese,Cambodian,Cameroonian,Canadian,Catalan,Chilean,Chinese,Colombian",
    "Congolese,Costa Rican,Croat,Croatian,Cuban,Cypriot,Czech,Danish,Dane,Dominican,Dutch,Ecuadorian",
    "Egyptian,English,Eritrean,Estonian,Ethiopian,European,Fijian,Filipino,Finn,Finnish,French,Gambian",
    "Georgian,German,Ghanaian,Greek,Greenlandic,Guatemalan,Haitian,Hispanic,Honduran,Hungarian",
    "Icelander,Icelandic,Indian,Indonesian,Iranian,Iraqi,Irish,Israeli,Italian,Jamaican,Japanese",
    "Jordanian,Kazakh,Kenyan,Korean,Kurdish,Kuwaiti,Laotian,Latino,Latina,Latvian,Lebanese,Liberian",
    "Libyan,Lithuanian,Luxembourgish,Macedonian,Malaysian,Maltese,Mexican,Moldovan,Mongolian",
    "Montenegrin,Moroccan,Mozambican,Namibian,Nepalese,Nepali,New Zealander,Nicaraguan,Nigerian",
    "Norwegian,Pakistani,Palestinian,Panamanian,Paraguayan,Persian,Peruvian,Polish,Portuguese",
    "Puerto Rican,Qatari,Romanian,Russian,Rwandan,Salvadoran,Saudi,Scottish,Senegalese,Serb,Serbian",
    "Singaporean,Slovak,Slovene,Slovenian,Somali,South African,South Korean,Spanish,Spaniard,Sri Lankan",
    "Sudanese,Swede,Swedish,Swiss,Syrian,Taiwanese,Tanzanian,Thai,Tibetan,Tunisian,Turk,Turkish,Ugandan",
    "Ukrainian,Uruguayan,Uzbek,Venezuelan,Vietnamese,Welsh,Yemeni,Zambian,Zimbabwean,Argentinean",
    "Faroese,Flemish,Scots,Buddhist,Catholic,Christian,Hindu,Jewish,Jew,Muslim,Sikh,Protestant,Mormon",
    "Orthodox,Lutheran,Methodist,Sunni,Shia,Republican,Democrat,Socialist,Communist",
)
"""Nationalities, and the religions and parties that law protects alike."""
