# Pages about options, rules and the way of masters.
console-nav-options = Options
console-options-of = Options of { $name }
console-options-text = What holds here and who decided it. You may choose within what those above leave you, and leave less to those below.
console-options-machine-text = What holds on this machine, who decided it, within what, and what was overridden.
console-options-conflicts = { $n ->
        [one] One decision stands outside of what was narrowed above since: it is kept, and not used.
       *[other] { $n } decisions stand outside of what was narrowed above since: they are kept, and not used.
    }
console-options-none = No options here
console-options-none-text = The masters that are offered here declare none.
console-option-value = Value
console-option-decided = Decided by
console-option-open = May be chosen here
console-option-declared = Declared by
console-option-asked = asked at the machine
console-option-why = Within what, and what was overridden
console-option-within = { $where } leaves: { $latitude }
console-option-overridden = { $value }, of { $where }, is overridden
console-option-beyond = { $where } leaves those below { $latitude }: the value comes from above and is outside of that
console-option-conflict = { $value }, of { $where }, is not used: it is outside of what { $against } leaves. { $why }
console-option-undecided = The rule { $rule } can't be decided for this machine and sets nothing: { $why }
console-option-choose = Choose here
console-option-set = Set
console-option-clear = Take back what was decided here
console-option-only-leave = Keep only what is left to those below
console-option-leave = What is left to those below
console-option-leave-how = Those below may choose
console-option-leave-none = nothing is said about it here
console-option-leave-free = anything that is open here
console-option-leave-fixed = nothing
console-option-leave-one-of = among these values
console-option-leave-range = between two values
console-option-leave-asked = it is asked at the machine
console-option-leave-values = These values, one a line
console-option-leave-min = The least
console-option-leave-max = The greatest
console-option-kind-boolean = yes or no
console-option-kind-integer = whole number
console-option-kind-text = text
console-option-kind-choice = choice
console-option-kind-list = list
console-option-kind-secret = secret
console-option-kind-package-set = packages
console-option-kind-date = day
console-option-kind-network-profile = network
console-option-kind-tree = structure
console-option-none = nobody has decided
console-option-secret = a secret is kept
console-option-empty = empty
console-option-of-master = the master { $master }
console-option-of-rule = the rule { $rule } of { $unit }
console-option-of-machine = this machine
console-option-of-start = this run
console-option-fixed = nothing: it is fixed above
console-option-free = anything
console-option-among = among { $values }
console-option-between = from { $min } to { $max }
console-option-form = of the form { $pattern }
console-option-asked-within = asked at the machine: { $latitude }
console-rules = Rules
console-rules-text = A rule sets options where its condition holds for a machine's facts. It speaks of the machines of its unit and below.
console-rules-none = No rule here
console-rules-none-text = Options come from the units and the masters alone.
console-rule-unit = Of
console-rule-sets = Sets
console-rule-order = Order
console-rule-acts = Change
console-rule-change = Change
console-rule-remove = Remove
console-rule-write = Write a rule of { $unit }
console-rule-when-help = CEL over facts and target: facts.vendor == 'QEMU' && facts.memory_bytes > 4000000000
console-rule-sets-help = One a line: option=value. Options that can be set here:
console-rule-try = Try it
console-rule-keep = Keep it
console-rule-tried = { $looked } of { $of } machines were looked at: { $matches ->
        [0] it matches none
        [one] it matches one
       *[other] it matches { $matches }
    }, { $change ->
        [0] and nothing would change.
        [one] and one would change.
       *[other] and { $change } would change.
    }
console-rule-changed-nothing = Nothing was changed.
console-rule-undecided = { $n ->
        [one] For one machine nobody can say:
       *[other] For { $n } machines nobody can say:
    } { $why }
console-rule-tried-machines = Machines that it matches
console-rule-would = Would change
console-rule-would-nothing = nothing
console-stage = Stage
console-stage-draft = draft
console-stage-pilot = pilot
console-stage-production = production
console-stage-retired = retired
console-stage-to-pilot = Let pilots try it again
console-stage-to-production = Put it into production
console-stage-to-retired = Retire it
console-generation-of = generation { $n }
console-master-way = Its way
console-master-rollback = Put production back to the version before
console-master-compare = Compare with
console-drafts = Drafts
console-drafts-text = Not signed yet: socle master draft writes them, socle sign master signs them where the content key is.
console-draft-state = State
console-draft-ready = ready to be signed
console-diff-of = { $before } and { $after } side by side
console-diff-same = The two are the same.
console-diff-generation = Generation { $before } → { $after }
console-diff-what = Difference
console-packages = Packages
console-drivers = Drivers
console-side-same = the same
console-side-added = added
console-side-removed = removed
console-side-changed = changed
console-notice-decided = It is decided.
console-notice-cleared = What was decided here is taken back.
console-notice-rule-kept = The rule is kept.
console-notice-rule-removed = The rule is removed.
console-notice-moved = The master is moved.
