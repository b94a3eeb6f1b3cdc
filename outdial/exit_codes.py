"""Exit codes of every command. An exception that a user can cause carries its code as `exit_code`."""

EXIT_CODES = {
    0: "it holds: yes, accepted, done",
    1: "it does not hold: no, refused, or a fault that no interaction notices",
    2: "it could not be done: provider, broker, port, tool or network at fault, or interrupted",
    3: "it depends on what is not known",
    4: "what was given cannot be used: options, tables, policies, pacts, input",
    5: "nothing was selected, so nothing was checked",
}
HOLDS, COULD_NOT, UNUSABLE = 0, 2, 4
