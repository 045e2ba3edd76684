"""Own sentences for the tests of event coding, each in several shapes: {S} acts towards {T}, {N} is a number."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shapes:
    """One event told in the active voice, negated, and where English allows it in the passive."""

    type: str
    active: str
    negated: str
    passive: str | None = None


EVENTS = (
    Shapes(
        "ACCUSE",
        "{S} on Monday sharply condemned {T} after {N} shells fell on the town.",
        "{S} on Monday did not condemn {T} after {N} shells fell on the town.",
        "{T} was sharply condemned by {S} on Monday after {N} shells fell on the town.",
    ),
    Shapes(
        "ACCUSE",
        "{S} accused {T} of violating the border {N} times.",
        "{S} did not accuse {T} of violating the border {N} times.",
        "{T} was accused by {S} of violating the border {N} times.",
    ),
    Shapes(
        "ACCUSE",
        "{S} has criticised {T} for delays at {N} crossings.",
        "{S} has never criticised {T} for delays at {N} crossings.",
        "{T} has been criticised by {S} for delays at {N} crossings.",
    ),
    Shapes(
        "ACCUSE",
        "{S} sued {T} over a debt of {N} million.",
        "{S} never sued {T} over a debt of {N} million.",
        "{T} was sued by {S} over a debt of {N} million.",
    ),
    Shapes(
        "ASSAULT",
        "{S} attacked {T} with {N} rockets overnight.",
        "{S} did not attack {T} with {N} rockets overnight.",
        "{T} was attacked by {S} with {N} rockets overnight.",
    ),
    Shapes(
        "ASSAULT",
        "{S} shelled {T} for {N} hours on Sunday.",
        "{S} never shelled {T} on Sunday, {N} observers said.",
        "{T} was shelled by {S} for {N} hours on Sunday.",
    ),
    Shapes(
        "ASSAULT",
        "{S} invaded {T} with {N} divisions.",
        "{S} did not invade {T} with {N} divisions.",
        "{T} was invaded by {S} with {N} divisions.",
    ),
    Shapes(
        "COERCE",
        "{S} arrested {N} citizens of {T} in the capital.",
        "{S} has not arrested any of the {N} citizens of {T} in the capital.",
        None,
    ),
    Shapes(
        "COERCE",
        "{S} detained {T} together with {N} crew members.",
        "{S} did not detain {T} or the {N} crew members.",
        "{T} was detained by {S} together with {N} crew members.",
    ),
    Shapes(
        "SANCTION",
        "{S} recalled its ambassador from {T} after {N} weeks of silence.",
        "{S} has not recalled its ambassador from {T} after {N} weeks of silence.",
    ),
    Shapes(
        "SANCTION",
        "{S} suspended trade with {T} for {N} months.",
        "{S} never suspended trade with {T} in {N} months.",
    ),
    Shapes(
        "SANCTION",
        "{S} severed diplomatic relations with {T} after {N} years.",
        "{S} has not severed diplomatic relations with {T} in {N} years.",
    ),
    Shapes(
        "SUPPORT",
        "{S} praised {T} for its part in the rescue of {N} miners.",
        "{S} did not praise {T} for its part in the rescue of {N} miners.",
        "{T} was praised by {S} for its part in the rescue of {N} miners.",
    ),
    Shapes(
        "SUPPORT",
        "{S} signed an agreement with {T} on {N} border posts.",
        "{S} did not sign an agreement with {T} on {N} border posts.",
    ),
    Shapes(
        "SUPPORT",
        "{S} endorsed {T} in the vote of {N} members.",
        "{S} has not endorsed {T} in the vote of {N} members.",
        "{T} was endorsed by {S} in the vote of {N} members.",
    ),
    Shapes(
        "CONSULT",
        "{S} held talks with {T} on {N} questions of transit.",
        "{S} did not hold talks with {T} on {N} questions of transit.",
    ),
    Shapes(
        "CONSULT",
        "{S} met {T} on Tuesday and discussed {N} projects.",
        "{S} never met {T} on Tuesday to discuss {N} projects.",
    ),
    Shapes(
        "CONSULT",
        "{S} visited {T} on an official visit of {N} days.",
        "{S} has not visited {T} for {N} years.",
    ),
    Shapes(
        "AID",
        "{S} provided humanitarian aid of {N} tonnes of flour to {T}.",
        "{S} has not provided humanitarian aid to {T} for {N} months.",
        "Humanitarian aid of {N} tonnes of flour was provided to {T} by {S}.",
    ),
    Shapes(
        "AID",
        "{S} sent {N} tonnes of medical supplies to {T} after the earthquake.",
        "{S} did not send {N} tonnes of medical supplies to {T} after the earthquake.",
    ),
    Shapes(
        "YIELD",
        "{S} released {N} prisoners to {T} on Friday.",
        "{S} has not released the {N} prisoners to {T}.",
        None,
    ),
    Shapes(
        "YIELD",
        "{S} withdrew {N} troops from {T} this week.",
        "{S} did not withdraw {N} troops from {T} this week.",
    ),
    Shapes(
        "YIELD",
        "{S} lifted sanctions against {T} after {N} years.",
        "{S} has not lifted sanctions against {T} after {N} years.",
    ),
    Shapes(
        "YIELD",
        "{S} apologised to {T} for the deaths of {N} fishermen.",
        "{S} never apologised to {T} for the deaths of {N} fishermen.",
    ),
    Shapes(
        "AGREE",
        "{S} agreed to help {T} to build {N} power stations.",
        "{S} has not agreed to help {T} to build {N} power stations.",
    ),
    Shapes(
        "AGREE",
        "{S} pledged to cooperate with {T} on {N} railway projects.",
        "{S} has not pledged to cooperate with {T} on {N} railway projects.",
    ),
    Shapes(
        "REQUEST",
        "{S} urged {T} to open {N} border crossings.",
        "{S} did not urge {T} to open {N} border crossings.",
        "{T} was urged by {S} to open {N} border crossings.",
    ),
    Shapes(
        "REQUEST",
        "{S} called on {T} to stop the fighting within {N} days.",
        "{S} has not called on {T} to stop the fighting within {N} days.",
    ),
    Shapes(
        "REJECT",
        "{S} rejected the proposal of {T} on {N} islands.",
        "{S} did not reject the proposal of {T} on {N} islands.",
        None,
    ),
    Shapes(
        "REJECT",
        "{S} refused to recognise {T} in the vote of {N} members.",
        "{S} has not refused to recognise {T} in the vote of {N} members.",
    ),
    Shapes(
        "THREATEN",
        "{S} threatened to attack {T} within {N} days.",
        "{S} did not threaten to attack {T} within {N} days.",
        "{T} was threatened with an attack by {S} within {N} days.",
    ),
    Shapes(
        "THREATEN",
        "{S} warned {T} of serious consequences if {N} soldiers cross the river.",
        "{S} did not warn {T} of consequences if {N} soldiers cross the river.",
        "{T} was warned by {S} of serious consequences if {N} soldiers cross the river.",
    ),
    Shapes(
        "MOBILIZE",
        "{S} massed {N} troops along the border with {T}.",
        "{S} has not massed {N} troops along the border with {T}.",
    ),
    Shapes(
        "COOPERATE",
        "{S} held joint military exercises with {T} at {N} ranges.",
        "{S} has not held joint military exercises with {T} at {N} ranges.",
    ),
)

PAIRS = (
    ("Kazakhstan", "Turkey"),
    ("the United Kingdom", "Bosnia and Herzegovina"),
    ("Serbia", "the European Union"),
    ("China", "Kyrgyzstan"),
    ("the Russian Federation", "Viet Nam"),
    ("Armenia", "Iran"),
)
NUMBERS = ("3", "40", "1,250", "77")
