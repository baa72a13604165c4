"""What people call the columns that mean something here."""

from collections.abc import Mapping
from unicodedata import category, normalize

from chalicelibs.domain.reading import Meaning

#: By what they mean, and how sure that is: names of a group are asked for when none of those
#: before it was found. Case, blanks, accents and all that is no letter or digit do not count.
NAMES: Mapping[Meaning, tuple[str, ...]] = {
    Meaning.PHONE: (
        "phone",
        """
        phone number, phone no, phone nr, phone num, phone #, mobile, mobile number, mobile no,
        mobile phone, mobile phone number, cell, cell number, cell phone, cell phone number,
        telephone, telephone number, telephone no, tel, tel no, tel nr, tel number, msisdn, e164,
        whatsapp, whatsapp number, contact number, contact no, contact phone, call number,
        customer phone, lead phone, to number, primary phone, phone 1,
        teléfono, telf, tlf, tfno, número de teléfono, teléfono móvil, móvil, número móvil,
        celular, número celular, número de celular,
        telefone, telemóvel, número de telefone, número de telemóvel, fone,
        téléphone, tél, numéro de téléphone, téléphone portable, portable, téléphone mobile,
        Telefon, Telefonnummer, Telefon-Nr, Tel.-Nr., Handy, Handynummer, Mobil, Mobilnummer,
        Mobiltelefon, Mobilfunknummer, Rufnummer,
        numero di telefono, cellulare, numero di cellulare, telefoon, telefoonnummer, mobiel,
        gsm, gsm no, telefonnr, mobilnr, puhelin, puhelinnumero, telefon numarası, cep telefonu,
        numer telefonu, telefonní číslo, telefonszám, nomor telepon, nomor hp, no hp,
        số điện thoại, τηλέφωνο, телефон, номер телефона, мобильный, 电话, 电话号码, 手机, 手机号,
        手机号码, 電話, 電話番号, 携帯電話, 전화번호, 휴대폰, फ़ोन, मोबाइल,
        هاتف, جوال, رقم الهاتف, טלפון
        """,
        "number, número, nummer, numéro",
    ),
    Meaning.TIMEZONE: ("timezone, time zone", "tz, zona horaria, fuseau horaire, Zeitzone"),
    Meaning.START_AFTER: (
        "start_after",
        "start_at, start time, earliest start, not before, call after",
    ),
    Meaning.PRIORITY: ("priority", "prio"),
    Meaning.EXTERNAL_ID: ("external_id", "ext_id"),
}


def bare(name: str) -> str:
    """A name as it is compared: small letters and digits without their accents."""
    decomposed = normalize("NFKD", name).casefold()
    return "".join(
        letter for letter in decomposed if letter.isalnum() and category(letter) != "Mn"
    )


def _bare_names(names: str) -> frozenset[str]:
    return frozenset(map(bare, names.split(",")))


BARE_NAMES: Mapping[Meaning, tuple[frozenset[str], ...]] = {
    meaning: tuple(map(_bare_names, groups)) for meaning, groups in NAMES.items()
}
