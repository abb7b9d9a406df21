"""The places of the demo's addresses.

The addresses are those that RFC 5737 and RFC 3849 reserve for documentation, so the demo assigns no
place to a network that is in use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network
Names = dict[str, str]

DOCUMENTATION_NETWORKS: tuple[Network, ...] = (
    ip_network("192.0.2.0/24"),
    ip_network("198.51.100.0/24"),
    ip_network("203.0.113.0/24"),
    ip_network("2001:db8::/32"),
)
# Each network has 2 ** PLACES_BITS subnets, one for each place.
PLACES_BITS = 4

# GeoLite2 has names in the first eight languages; the site also has the others.
NAME_LANGUAGES = ("en", "de", "es", "fr", "ja", "pt-BR", "ru", "zh-CN", "nl", "ar", "he")


def _names(english: str, *others: str) -> Names:
    """Return one name per language, in the order of NAME_LANGUAGES; "=" means as in English."""
    translated = (english if name == "=" else name for name in others)
    return dict(zip(NAME_LANGUAGES, (english, *translated), strict=True))


@dataclass(frozen=True)
class Continent:
    """A continent, by its code and its GeoNames number."""

    code: str
    geoname_id: int
    names: Names


@dataclass(frozen=True)
class Country:
    """A country, by its ISO 3166-1 code and its GeoNames number."""

    iso_code: str
    geoname_id: int
    continent: Continent
    names: Names


@dataclass(frozen=True)
class Place:
    """A city, or only a country: for many addresses GeoIP knows only the country."""

    slug: str
    country: Country
    latitude: float
    longitude: float
    time_zone: str
    geoname_id: int | None = None
    names: Names | None = None


# fmt: off
AFRICA = Continent("AF", 6255146, _names("Africa", "Afrika", "África", "Afrique", "アフリカ", "África", "Африка", "非洲", "Afrika", "أفريقيا", "אפריקה"))
ASIA = Continent("AS", 6255147, _names("Asia", "Asien", "=", "Asie", "アジア", "Ásia", "Азия", "亚洲", "Azië", "آسيا", "אסיה"))
EUROPE = Continent("EU", 6255148, _names("Europe", "Europa", "Europa", "=", "ヨーロッパ", "Europa", "Европа", "欧洲", "Europa", "أوروبا", "אירופה"))
NORTH_AMERICA = Continent("NA", 6255149, _names("North America", "Nordamerika", "Norteamérica", "Amérique du Nord", "北アメリカ", "América do Norte", "Северная Америка", "北美洲", "Noord-Amerika", "أمريكا الشمالية", "אמריקה הצפונית"))
OCEANIA = Continent("OC", 6255151, _names("Oceania", "Ozeanien", "Oceanía", "Océanie", "オセアニア", "=", "Океания", "大洋洲", "Oceanië", "أوقيانوسيا", "אוקיאניה"))
SOUTH_AMERICA = Continent("SA", 6255150, _names("South America", "Südamerika", "Sudamérica", "Amérique du Sud", "南アメリカ", "América do Sul", "Южная Америка", "南美洲", "Zuid-Amerika", "أمريكا الجنوبية", "אמריקה הדרומית"))

NETHERLANDS = Country("NL", 2750405, EUROPE, _names("Netherlands", "Niederlande", "Países Bajos", "Pays-Bas", "オランダ", "Países Baixos", "Нидерланды", "荷兰", "Nederland", "هولندا", "הולנד"))
GERMANY = Country("DE", 2921044, EUROPE, _names("Germany", "Deutschland", "Alemania", "Allemagne", "ドイツ", "Alemanha", "Германия", "德国", "Duitsland", "ألمانيا", "גרמניה"))
FRANCE = Country("FR", 3017382, EUROPE, _names("France", "Frankreich", "Francia", "=", "フランス", "França", "Франция", "法国", "Frankrijk", "فرنسا", "צרפת"))
SPAIN = Country("ES", 2510769, EUROPE, _names("Spain", "Spanien", "España", "Espagne", "スペイン", "Espanha", "Испания", "西班牙", "Spanje", "إسبانيا", "ספרד"))
POLAND = Country("PL", 798544, EUROPE, _names("Poland", "Polen", "Polonia", "Pologne", "ポーランド", "Polônia", "Польша", "波兰", "Polen", "بولندا", "פולין"))
SWITZERLAND = Country("CH", 2658434, EUROPE, _names("Switzerland", "Schweiz", "Suiza", "Suisse", "スイス", "Suíça", "Швейцария", "瑞士", "Zwitserland", "سويسرا", "שווייץ"))
EGYPT = Country("EG", 357994, AFRICA, _names("Egypt", "Ägypten", "Egipto", "Égypte", "エジプト", "Egito", "Египет", "埃及", "Egypte", "مصر", "מצרים"))
KENYA = Country("KE", 192950, AFRICA, _names("Kenya", "Kenia", "Kenia", "=", "ケニア", "Quênia", "Кения", "肯尼亚", "Kenia", "كينيا", "קניה"))
ISRAEL = Country("IL", 294640, ASIA, _names("Israel", "=", "=", "Israël", "イスラエル", "=", "Израиль", "以色列", "Israël", "إسرائيل", "ישראל"))
JAPAN = Country("JP", 1861060, ASIA, _names("Japan", "=", "Japón", "Japon", "日本", "Japão", "Япония", "日本", "=", "اليابان", "יפן"))
CHINA = Country("CN", 1814991, ASIA, _names("China", "=", "=", "Chine", "中国", "=", "Китай", "中国", "=", "الصين", "סין"))
INDIA = Country("IN", 1269750, ASIA, _names("India", "Indien", "=", "Inde", "インド", "Índia", "Индия", "印度", "=", "الهند", "הודו"))
UNITED_STATES = Country("US", 6252001, NORTH_AMERICA, _names("United States", "USA", "Estados Unidos", "États-Unis", "アメリカ", "EUA", "США", "美国", "Verenigde Staten", "الولايات المتحدة", "ארצות הברית"))
CANADA = Country("CA", 6251999, NORTH_AMERICA, _names("Canada", "Kanada", "Canadá", "=", "カナダ", "Canadá", "Канада", "加拿大", "=", "كندا", "קנדה"))
BRAZIL = Country("BR", 3469034, SOUTH_AMERICA, _names("Brazil", "Brasilien", "Brasil", "Brésil", "ブラジル", "Brasil", "Бразилия", "巴西", "Brazilië", "البرازيل", "ברזיל"))
AUSTRALIA = Country("AU", 2077456, OCEANIA, _names("Australia", "Australien", "=", "Australie", "オーストラリア", "Austrália", "Австралия", "澳大利亚", "Australië", "أستراليا", "אוסטרליה"))

PLACES = (
    Place("zwolle", NETHERLANDS, 52.5126, 6.0936, "Europe/Amsterdam", 2743477, _names("Zwolle", "=", "=", "=", "ズヴォレ", "=", "Зволле", "兹沃勒", "=", "زفوله", "זוולה")),
    Place("berlin", GERMANY, 52.5244, 13.4105, "Europe/Berlin", 2950159, _names("Berlin", "=", "Berlín", "=", "ベルリン", "Berlim", "Берлин", "柏林", "Berlijn", "برلين", "ברלין")),
    Place("paris", FRANCE, 48.8534, 2.3488, "Europe/Paris", 2988507, _names("Paris", "=", "París", "=", "パリ", "=", "Париж", "巴黎", "Parijs", "باريس", "פריז")),
    Place("madrid", SPAIN, 40.4165, -3.7026, "Europe/Madrid", 3117735, _names("Madrid", "=", "=", "=", "マドリード", "Madri", "Мадрид", "马德里", "=", "مدريد", "מדריד")),
    Place("cairo", EGYPT, 30.0626, 31.2497, "Africa/Cairo", 360630, _names("Cairo", "Kairo", "El Cairo", "Le Caire", "カイロ", "=", "Каир", "开罗", "Caïro", "القاهرة", "קהיר")),
    Place("haifa", ISRAEL, 32.8184, 34.9885, "Asia/Jerusalem", 294801, _names("Haifa", "=", "=", "Haïfa", "ハイファ", "=", "Хайфа", "海法", "=", "حيفا", "חיפה")),
    Place("new-york", UNITED_STATES, 40.7143, -74.006, "America/New_York", 5128581, _names("New York", "=", "Nueva York", "=", "ニューヨーク", "Nova Iorque", "Нью-Йорк", "纽约", "=", "نيويورك", "ניו יורק")),
    Place("sao-paulo", BRAZIL, -23.5475, -46.6361, "America/Sao_Paulo", 3448439, _names("São Paulo", "=", "=", "=", "サンパウロ", "=", "Сан-Паулу", "圣保罗", "=", "ساو باولو", "סאו פאולו")),
    Place("tokyo", JAPAN, 35.6895, 139.6917, "Asia/Tokyo", 1850147, _names("Tokyo", "Tokio", "Tokio", "=", "東京", "Tóquio", "Токио", "东京", "Tokio", "طوكيو", "טוקיו")),
    Place("nairobi", KENYA, -1.2833, 36.8167, "Africa/Nairobi", 184745, _names("Nairobi", "=", "=", "=", "ナイロビ", "=", "Найроби", "内罗毕", "=", "نيروبي", "נירובי")),
    Place("sydney", AUSTRALIA, -33.8679, 151.2073, "Australia/Sydney", 2147714, _names("Sydney", "=", "Sídney", "=", "シドニー", "=", "Сидней", "悉尼", "=", "سيدني", "סידני")),
    Place("warsaw", POLAND, 52.2298, 21.0118, "Europe/Warsaw", 756135, _names("Warsaw", "Warschau", "Varsovia", "Varsovie", "ワルシャワ", "Varsóvia", "Варшава", "华沙", "Warschau", "وارسو", "ורשה")),
    Place("beijing", CHINA, 39.9075, 116.3972, "Asia/Shanghai", 1816670, _names("Beijing", "Peking", "Pekín", "Pékin", "北京", "Pequim", "Пекин", "北京", "Peking", "بكين", "בייג׳ינג")),
    Place("thiruvananthapuram", INDIA, 8.4855, 76.9492, "Asia/Kolkata", 1254163, _names("Thiruvananthapuram", "=", "=", "=", "ティルヴァナンタプラム", "=", "Тируванантапурам", "特里凡得琅", "=", "ثيروفانانثابورام", "טריוונדרום")),
    Place("montreal", CANADA, 45.5088, -73.5878, "America/Toronto", 6077243, _names("Montreal", "=", "=", "Montréal", "モントリオール", "=", "Монреаль", "蒙特利尔", "=", "مونتريال", "מונטריאול")),
    Place("switzerland", SWITZERLAND, 47.0002, 8.0143, "Europe/Zurich"),
)
# fmt: on


def networks() -> Iterator[tuple[Network, Place]]:
    """Yield each subnet of the documentation networks with its place."""
    for network in DOCUMENTATION_NETWORKS:
        yield from zip(network.subnets(prefixlen_diff=PLACES_BITS), PLACES, strict=True)


def address_in(slug: str, host: int, *, version: int = 4) -> str:
    """Return address number `host` in the first subnet of a place that has this IP version.

    Raises KeyError if the place is unknown, and IndexError if the subnet is too small: an IPv4
    subnet has 16 addresses.
    """
    first: dict[str, Network] = {}
    for network, place in networks():
        if network.version == version:
            first.setdefault(place.slug, network)
    return str(first[slug][host])
