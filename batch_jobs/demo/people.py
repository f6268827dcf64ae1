"""Fake people: accounts with made-up names that nobody can log in to."""

import unicodedata
from collections.abc import Iterator

from batch_jobs.bulk_writing import WriteReport, write_rows
from batch_jobs.demo.tastes import joining_times, person_id
from chalicelib.domain.account import Account
from chalicelib.services.passwords import NOBODY
from chalicelib.storage.accounts import account_rows

_FIRST = """
Aaliyah Abebe Adam Agnes Aiko Aisha Alejandro Alice Amara Amir Ana Anders Andrei Anika Anouk Antonio Aroha
Arjun Astrid Ayşe Beatriz Benjamin Bilal Björn Bruno Camila Carlos Chen Chiara Chidi Clara Daniel Dalia
Darius David Deepa Diego Dimitri Ebba Elena Elif Emeka Emil Emma Esther Eva Farah Fatima Felix Fiona Freya
Gabriel Giulia Grace Hana Hannah Hassan Henrik Hiroshi Hugo Ibrahim Ikram Ines Ingrid Isaac Isabel Ivan
Jack Jamal Jana Javier Jin Joana João Jonas Josephine Julia Kaia Kofi Kwame Lars Layla Leila Leo Liam Lina
Linh Lucía Luka Magdalena Mahmoud Malik Mara Marco Mariam Marta Mateo Maya Mei Mila Milan Minh Mohammed
Nadia Naomi Nasrin Ngozi Niamh Nikolai Nina Noah Nora Olga Oliver Omar Oscar Pablo Paula Pedro Petra Priya
Rafael Rania Ravi Rosa Ruth Sakura Samir Sara Sebastian Seo-yeon Sofia Stefan Sven Tala Tariq Tomás Tuan
Uma Valentina Viktor Wanjiru Wei Xin Yara Yuki Yusuf Zainab Zoe Zofia
"""
_FAMILY = """
Abdi Achieng Adeyemi Aguilar Ahmed Alvarez Amari Andersson Aoki Arslan Bailey Bakker Balogun Banerjee
Barbosa Becker Bello Bianchi Björk Brown Castillo Chavez Chen Clarke Cohen Costa Dahl Das Delgado Demir
Diallo Dimitrov Dubois Duarte Eriksen Estrada Evans Fernández Ferrari Fischer Flores Fofanah Fujita Garcia
Gomes González Greenberg Gupta Haddad Hakimi Hansen Hashimoto Herrera Hoang Horvat Hughes Ibarra Ishikawa
Ito Ivanov Jansen Jensen Jiménez Johansson Kamau Kaplan Kaur Kelly Khan Kim Kimura Kovács Kowalski Kumar
Lam Larsen Lê Lindholm Lopez Mahlangu Martinez Mbeki Mehta Mendoza Meyer Moreau Morris Moyo Müller Murphy
Mwangi Nakamura Nasser Ndiaye Nguyen Nielsen Novák Nowak O’Connor Obi Okafor Okonkwo Oliveira Osei Pak
Papadopoulos Park Patel Pereira Petrov Popescu Quispe Rahman Ramos Rao Reyes Ricci Rojas Romano Rossi
Sahin Saito Salazar Santos Sato Schneider Schmidt Sharma Silva Singh Sithole Smirnov Sokolov Suzuki
Svensson Takahashi Tan Tanaka Tesfaye Thompson Torres Tran Traoré Usman Varga Vargas Virtanen Wagner
Walker Wang Watanabe Weber Williams Wilson Wong Yamamoto Yang Yılmaz Young Zając Zhang Zhou
"""
FIRST_NAMES = tuple(_FIRST.split())
FAMILY_NAMES = tuple(_FAMILY.split())
_INITIALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STRIDE = 7_919  # a prime that divides neither list's length, so that steps of it meet every pair of names


def create_fake_people(count: int, seed: int) -> WriteReport:
    """Store the accounts of the first `count` fake people; a larger count adds to a smaller one."""
    return write_rows(
        (row for account in fake_people(range(count), seed) for row in account_rows(account, NOBODY)),
        lambda row: row,
        label="accounts",
        total=2 * count,
    )


def fake_people(people: range, seed: int) -> Iterator[Account]:
    """Accounts with names and e-mail addresses that no two people share; the domain is a reserved one."""
    for number, joined_at in zip(people, joining_times(people, seed), strict=True):
        name = _name(number, seed)
        yield Account(person_id(number), name, f"{_mailbox(name)}.{number}@example.com", joined_at, True)


def _name(number: int, seed: int) -> str:
    """Every pair of names once; then every pair again with each middle initial, and so on."""
    pairs = len(FIRST_NAMES) * len(FAMILY_NAMES)
    again, turn = divmod(number, pairs)
    first, family = divmod((turn * _STRIDE + seed) % pairs, len(FAMILY_NAMES))
    middle = ""
    while again:
        again, letter = divmod(again - 1, len(_INITIALS))
        middle = f"{_INITIALS[letter]}. {middle}"
    return f"{FIRST_NAMES[first]} {middle}{FAMILY_NAMES[family]}"


def _mailbox(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ı", "i")).encode("ascii", "ignore").decode()
    return ".".join(plain.lower().replace(".", "").split())
