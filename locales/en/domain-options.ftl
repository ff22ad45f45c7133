# Options, their latitude, rules, and masters as designers write them.
domain-option-declared-wrong = The option “{ $option }” can't be meant as it is declared: line { NUMBER($line, useGrouping: 0) }.
    .next = Correct that option and try again. Nothing was changed.
domain-option-kind = The value of the option “{ $option }” is not { $kind ->
     [boolean] yes or no
     [integer] a whole number
     [text] a text
     [choice] one of the choices
     [list] a list of texts
     [secret] a secret that is kept here
     [package-set] a list of packages
     [date] a day, written 2026-11-22
     [network-profile] a network profile
    *[other] of the kind that the master gives it
    }.
    .next = Give a value of that kind. Nothing was changed.
domain-option-range = The value of the option “{ $option }” must lie between { $min } and { $max }.
    .next = Choose a value between the two, or ask whoever narrowed it.
domain-option-pattern = The value of the option “{ $option }” does not have the form that is asked for: { $pattern }
    .next = Write it in that form; the help of the option gives an example.
domain-option-not-offered = “{ $value }” is not among the values of the option “{ $option }” that can be chosen here.
    .next = Choose one of the values that are offered, or ask whoever narrowed them.
domain-option-twice = “{ $value }” stands twice in the option “{ $option }”.
    .next = Leave it once.
domain-option-too-long = The value of the option “{ $option }” is empty or longer than { NUMBER($limit, useGrouping: 0) } bytes.
    .next = Give a shorter value.
domain-option-control = The value of the option “{ $option }” holds a line end or another control character.
    .next = Write it on one line.
domain-option-network = The option “{ $option }” is not a network profile that can be used.
    .next = Give dhcp alone, or static with an address and its prefix (10.1.2.3/24), and a gateway in the same network.
domain-option-fixed = The option “{ $option }” is fixed above: nobody below chooses it.
    .next = Ask whoever fixed it; the explanation of the option says who that is.
domain-option-elsewhere = The option “{ $option }” is not decided at this place.
    .next = Choose a unit, or a machine below it.
domain-latitude-wrong = This latitude can't be meant for the option “{ $option }”.
    .next = Choose fixed, some values, a range or free; a range is for numbers and days only.
domain-latitude-wider = This would let those below choose what you may not choose yourself for the option “{ $option }”.
    .next = A latitude can only be narrowed. Leave out what is not open to you.
domain-latitude-empty = This would leave no value at all for the option “{ $option }”.
    .next = Leave at least one value, or fix it.
domain-latitude-excludes = The value of the option “{ $option }” that those below would inherit is outside of what you leave them.
    .next = Set a value within it first, or leave more room.
domain-rule-wrong = The rule “{ $rule }” can't be meant: its { $field ->
     [name] name
     [when] condition
    *[sets] list of options
    } is wrong.
    .next = Correct it and try the rule again. Nothing was changed.
domain-master-wrong = This can't be a master: its { $field ->
     [name] name is made of other letters than a to z, digits, hyphens and dots
     [version] version is made of other letters than a to z, digits, hyphens, dots, plus and tilde
     [images] images have a name that can't be used
     [packages] packages have a name that can't be used
    *[drivers] drivers have a name that can't be used
    }.
    .next = Correct it. Nothing was changed.
domain-generation-old = { $name } is of generation { NUMBER($generation, useGrouping: 0) }, and an older one than { NUMBER($lowest, useGrouping: 0) } is no longer accepted. Nothing was done with it.
    .next = Sign it again with a newer generation, if it is really meant. If nobody wanted to go back to it, somebody may be bringing back an old version with a known weakness: tell the centre.
