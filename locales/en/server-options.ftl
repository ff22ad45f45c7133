# Options, rules and masters: what the server refuses.
server-option-undecided = Nobody has decided the option { $option }, and the master has no default for it. Nothing was started.
    .next = Give it a value for this unit, for this machine or for this run.
server-option-secret = The option { $option } is a secret: it is given neither among other values nor by naming another one. Nothing was changed.
    .next = Set it where secrets are typed: on the page of the options, with socle option set --secret, or at the machine.
server-secret-gone = The secret of the option { $option } is not kept any more.
    .next = Set it again, cancel the run and start a new one.
server-rule-option = No master that is offered here has the option { $option }.
    .next = Look at the options of this unit for the name that is meant.
server-list-too-long = The list is longer than { NUMBER($limit, useGrouping: 0) } entries, or one of them is too long. Nothing was changed.
    .next = Name fewer.
server-rollback-nothing = There is nothing that production of { $name } could go back to from this version.
    .next = Only the version in production goes back, and only to one that was in production before. Another version is moved there by hand.
db-stage-wrong = A version can't go from { $from ->
     [draft] draft
     [pilot] pilot
     [production] production
    *[retired] retired
    } to { $to ->
     [draft] draft
     [pilot] pilot
     [production] production
    *[retired] retired
    }.
    .next = A draft is signed and published; a pilot goes to production or is retired; what is retired may come back.
api-masters-show = Show a master and how it came to its stage
api-masters-move-to = Move a master to another stage
api-masters-rollback = Put production back to what it was before
api-masters-compare = Compare a master with another or with a draft
api-masters-pilots = Show which units try a master's pilots
api-masters-set-pilots = Say which units try a master's pilots
api-masters-taken = Show which masters a unit may take, and who says so
api-masters-take = Say which masters a unit and those below may take
api-drafts-list = List masters that are being written
api-drafts-add = Begin a master
api-drafts-show = Show a master that is being written: what would be signed
api-drafts-change = Write a master that is not signed yet
api-drafts-remove = Remove a draft
api-options-list = List the options of a unit, with where each value comes from
api-options-show = Show an option as a unit sees it
api-options-decide = Decide about an option for a unit: a value, what is left to those below, or both
api-options-clear = Take back what a unit decided about an option
api-options-explain-all = Explain the options of a machine
api-options-explain = Explain an option of a machine: who decided, where, when, within which latitude, what was overridden
api-options-decide-for-machine = Decide about an option for one machine
api-options-clear-for-machine = Take back what was decided about an option for one machine
api-rules-list = List the rules that set options
api-rules-add = Write a rule
api-rules-show = Show a rule
api-rules-change = Change a rule
api-rules-remove = Remove a rule
api-rules-attempt = Try a rule: which machines it matches and what would change; nothing is changed
