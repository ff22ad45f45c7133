# The server.
server-broken = The server met something that it did not expect. Nothing was changed.
    .next = Try again; if it happens again, look at the server's log and report it.
server-config-unreadable = The configuration file { $path } can't be read: line { NUMBER($line, useGrouping: 0) }.
    .next = Correct this line, then check it with `socle config check`.
server-config-wrong = The configuration can't be meant: { $key }.
    .next = Correct this value, then check it with `socle config check`.
server-delegation-missing = The content key is not in the data folder, and it has not allowed this server to give orders.
    .next = Where the content key is, run: socle sign delegation --server-key { $server } --key content.key --out { $out }
server-delegation-wrong = The file { $path } allows another server to give orders, not this one.
    .next = Remove it and sign another with `socle sign delegation`.
server-already-running = A server works with the folder { $path } already. Nothing was changed.
    .next = Stop it first (systemctl stop socle), then try again.
server-port-busy = The server can't listen on { $address }.
    .next = Stop the program that listens there, or choose another address in the configuration.
server-environment-missing = There is no boot environment in { $path }: machines start their own disk.
    .next = Build one with `socle bootenv build`.
server-environment-altered = The boot environment is not the one that was signed: { $file }. It is not served; machines start their own disk.
    .next = Build it again with `socle bootenv build`; if nobody here has changed it, find out who did.
server-environment-older = The boot environment was signed at { $at }, and a newer one, signed at { $newest }, was served here before. It is not served; machines start their own disk.
    .next = Put the newer one back. To go back on purpose, build it again with `socle bootenv build`, which signs it now; if a clock was wrong when the newer one was signed, remove { $path }.
server-loader-missing = The network loader { $path } is missing.
    .next = Install Debian's package `ipxe`, or build the boot environment again with --loader.
server-unknown = There is no such thing here: { $what ->
        [machine] machine
        [run] run
        [master] master
        [rule] rule
        [unit] unit
        [session] session
        [token] token
        [factor] second factor
        [account] account
        [file] file
        [webhook] webhook
        [delivery] delivery
       *[other] { $what }
    }.
    .next = Look at the list; it may have been removed meanwhile.
server-no-such-place = There is nothing at this address.
    .next = Check the address.
server-method-wrong = This address does not take such a request.
    .next = Look into the documentation of the API.
server-message-unreadable = The message can't be read.
    .next = Check its form; the cause says where it is wrong.
server-message-too-long = The message is longer than what is accepted here.
    .next = Send it in several parts.
server-range-wrong = The range of bytes that was asked for does not exist.
    .next = Ask for one range, with both ends, within the pack.
server-unauthenticated = Nobody is signed in.
    .next = Sign in, or give an API token made by `socle token create`.
server-cross-site = This form comes from another site. Nothing was done.
    .next = Open the console itself and try again there.
server-too-slow = The request took too long to arrive. Nothing was done.
    .next = Try again; if it happens again, look at the network.
server-too-many = There were too many requests from this address.
    .next = Wait a minute, then try again.
server-sign-in-wrong = The name or the password is wrong.
    .next = Try again. If the password is lost, the server's computer gives a new link: socle token link.
server-link-over = This sign-in link was used already, or its 24 hours are over.
    .next = On the server's computer, ask for a new one: socle token link.
server-passwords-differ = The two passwords are not the same.
    .next = Type it twice, the same.
server-name-wrong = “{ $name }” can't be a machine's name.
    .next = Take 1 to 63 lower-case letters, digits and inner hyphens.
server-already-known = This machine is known already, as { $name }.
    .next = Nothing to do.
server-not-recognised = Nobody has recognised this machine yet.
    .next = Recognise it first.
server-queue-full = { $limit } machines wait to be recognised; no other one is taken.
    .next = Recognise or refuse those that wait; this machine asks again by itself.
server-hello-wrong = A machine has said something that can't be true. It was not heard.
    .next = Start the machine again; if it happens again, look at it.
server-challenge-over = The question to this machine is too old or was answered already.
    .next = The machine asks again by itself.
server-agent-version = The machine speaks version { $version } of the conversation; this server speaks version { $known }.
    .next = Build the boot environment again with this version of Socle.
server-csv-wrong = The list of machines is wrong: line { NUMBER($line, useGrouping: 0) }. No machine was announced.
    .next = Correct this line and send the whole list again. The header is name,mac,serial,uuid.
server-rule-wrong = The rule { $rule } can't be meant. It was not kept.
    .next = Correct its condition or its pattern.
server-option-unknown = The master has no option { $option }. Nothing was started.
    .next = Look at the master's options.
server-image-missing = The image { $image } of this master is not in the repository. Nothing was started.
    .next = Bring the image into the repository, or start another master.
server-run-open = This machine is in a run already.
    .next = Wait for its end, or cancel it.
server-run-over = This run is over ({ $state }).
    .next = Start a new one.
server-run-not-failed = This run has not failed: there is nothing to try again.
    .next = Look at its state.
server-reason-wrong = A reason is needed, of at most { $limit } characters.
    .next = Say why what is there may be lost, without any person's name.
server-census-differs = This run does not wait with that census any more. Nothing was allowed.
    .next = Read again what would be lost, then decide.
server-entry-too-long = Entry { $number } of the journal is { $bytes } bytes long; at most { $limit } are taken. Nothing of it was kept.
    .next = Cancel the run and look at the machine: no agent of ours writes such an entry.
server-journal-full = The journal of this run is full ({ $entries } entries, { $bytes } bytes); it takes no more. What it holds is kept.
    .next = Cancel the run and look at the machine.
server-not-capturing = This machine is not capturing now. Nothing was kept.
    .next = Start a run whose step captures.
server-capture-name = The machine captured an image named { $name }, but its order says { $expected }. It was not published.
    .next = Start the capture again.
server-page-refused = The page { $page } is not what its name says. It was not kept.
    .next = The machine sends it again; if it happens again, look at its memory and its network card.
server-release-name = The signed name is { $name }, but the image is called { $image }. Nothing was published.
    .next = Sign it again under its own name.
server-boot-unknown = Unknown machine: it starts the boot environment
server-boot-to-recognise = Waits to be recognised: it starts the boot environment
server-boot-work = Has work to do: it starts the boot environment
server-boot-goes-on = Its run goes on in the installed system: it starts its own disk
server-boot-no-work = No work: it starts its own disk
server-boot-refused = Refused: it starts its own disk
server-boot-refused-before = Refused some time ago: it is asked again who it is
server-boot-no-environment = No valid boot environment: it starts its own disk
server-boot-dropped = So much was asked at once that { $count } boot events were not kept
server-boot-file = The file { $file } was sent
server-not-allowed = You may not do this: it takes the right to { $right ->
        [see] see what is there
        [recognise] recognise machines
        [operate] start and stop runs
        [allow-loss] let data be lost
        [reset] put a machine back to its master
        [options] set options
        [rules] write rules
        [organise] change the organisation
        [people] give roles
        [masters] make and publish masters
        [audit] read the audit trail
        [server] see and set the server
       *[own] have affairs of your own
    }. Nothing was done.
    .next = Whoever gives roles at “{ $unit }”, or above it, can give you one that holds it: { $right ->
        [see] helpdesk
        [recognise] technician
        [operate] technician
        [allow-loss] deployer
        [reset] room operator
        [options] designer
        [rules] designer
        [organise] site administrator
        [people] site administrator
        [masters] designer
        [audit] auditor
        [server] site administrator, at the centre
       *[own] user
    }.
# The API.
server-page-wrong = The page that is asked for can't be given: { $name }.
    .next = Take `next` of the page before as it is for `after`; `limit` is between 1 and 1000.
server-address-wrong = The address holds a zero byte (%00), which no name has. Nothing was done.
    .next = Take it out of the address.
server-header-wrong = The header { $name } can't be read. Nothing was done.
    .next = Look at the description of the API for its form.
server-changed-meanwhile = Somebody has changed this meanwhile, or it is no longer there. Nothing was done.
    .next = Look at what it is now, then decide again.
server-key-under-way = A request with this Idempotency-Key is being carried out right now.
    .next = Send it again in a moment: the answer is then given again, and nothing is done twice.
server-key-other = This Idempotency-Key was given to another request within the last 24 hours. Nothing was done.
    .next = Take a new key for a new request.
server-key-answer-lost = The request with this Idempotency-Key was carried out, but its answer was not kept: the server ended just after, or the answer was too long. Nothing is done twice.
    .next = Look at what it has changed.
server-webhook-url = This address can't be that of a webhook.
    .next = Give an address of HTTPS, without user, password and fragment. Plain HTTP only inside a network that `webhooks.allow` names in the configuration.
server-webhook-address = { $host } is an address inside this network: webhooks do not lead there. Nothing was sent.
    .next = If it shall be so, the administrator of the server adds its network to `webhooks.allow` in the configuration.
server-webhook-name = A webhook has a name of 1 to { $limit } characters.
    .next = Shorten it, without spaces at its ends.
server-webhook-kind = Nothing of the kind { $kind } happens here.
    .next = Look at the list of kinds in docs/api.md.
server-webhooks-many = There are { $limit } webhooks; no other is taken.
    .next = Remove those that nobody needs.
server-webhook-off = The webhook was switched off: { $count } attempts in a row have failed.
    .next = Repair the other side, try it with `socle webhook try`, then switch the webhook on again.
server-webhook-said-no = The other side answered with HTTP status { NUMBER($status, useGrouping: 0) } instead of a success.
    .next = Look into the other side's log; the message is sent again by itself.
server-webhook-silent = The other side could not be reached.
    .next = Check that it runs and that its certificate is valid; the message is sent again by itself.
# Signing in, and one's own account.
server-too-many-guesses = There were too many wrong tries. Nothing was looked at.
    .next = Wait a few minutes, then try again. Who has signed in from this device before is not kept out by the tries of others.
server-second-wrong = This code is not right, or it has served already.
    .next = Wait for the next code of your application, or take one of your recovery codes. After five wrong ones, begin again.
server-passkeys-off = Passkeys can't be used at the address by which this console is opened.
    .next = Give the console a name and HTTPS: console.url in the configuration.
server-passkey-known = This passkey belongs to an account already.
    .next = Use another one.
server-account-of-another = The service or the directory names you as somebody who has an account here already, and nobody has said that it is yours. You were not signed in.
    .next = Ask the administrator of the server: he links the two, or gives one of them another name.
server-account-name = The service or the directory gives no name for you that can be one here. You were not signed in.
    .next = Ask the centre which claim or attribute holds the name.
server-session-needed = This is done by a person who has signed in, not by a token.
    .next = Open the console and sign in.
server-sign-in-again = You signed in a while ago. For this, prove once more that it is you.
    .next = Sign in once more, then try again.
server-password-none = This account has no password here.
    .next = Its password is changed where you sign in.
server-password-wrong = The present password is wrong. Nothing was changed.
    .next = Try again.
server-label-wrong = A name of 1 to { $limit } characters is needed.
    .next = Choose a short name that says what it is.
server-factors-many = This account has { $limit } second factors: it takes no more.
    .next = Remove one that you use no more.
server-factor-first = There is no second factor yet that recovery codes could stand in for.
    .next = Add an application or a passkey first.
server-token-days = A token lasts 1 to { $limit } days.
    .next = Choose fewer days; make another one when it is over.
server-tokens-many = This account has { $limit } tokens: it takes no more.
    .next = Revoke those that serve no more.
server-token-role = You do not hold that role there: no token of yours can.
    .next = Choose one of your own roles.
server-account-unknown = There is no account named { $name }.
    .next = Look at how the name is written.
server-wizard-code-wrong = This opens nothing here. Nothing was changed.
    .next = Check the digits. A code serves once, for one machine, and only for a short time: have the console make another.
server-wizard-tries = Too many wrong tries: signing in at the machine waits for { NUMBER($minutes, useGrouping: 0) } minutes.
    .next = Wait, or let the machine be accepted in the console.
server-codes-wrong = At most { $most } codes are made at once, for at most { $minutes } minutes.
    .next = Ask for fewer codes, or for a shorter time.
server-codes-many = Too many codes are open already. None was made.
    .next = Take back those that nobody needs, or wait until some have expired.
server-seat-wrong = This can't be the name of a seat.
    .next = Use at most 40 characters, with no space at either end.
server-master-not-offered = This master is not offered to this room. Nothing was changed.
    .next = Choose one of those that are offered, or ask who publishes masters.
server-option-not-asked = The option { $option } is not asked here. Nothing was changed.
    .next = Leave it out: its value was decided beforehand.
server-answers-wrong = These answers can't be taken. Nothing was changed.
    .next = Answer again at the machine.
server-room-empty = A room is started with 1 to { $limit } machines at once.
    .next = Choose the machines that take part.
server-machine-twice = This machine stands here twice. Nothing was changed.
    .next = Leave one of the two out.
server-too-many-machines = That is more machines than one act takes: { $limit } at most. Nothing was done.
    .next = Do it in several parts.
server-asker-lost-right = Whoever asked for this may not do it any more. Nothing was done.
    .next = Say no to it; somebody who may do it asks again.
server-grant-last = Nobody could give roles any more. Nothing was changed.
    .next = Give somebody else the role of site administrator at the centre first.
server-approval-part = { $failed } of { $all } machines could not be taken.
    .next = Look at the list: each says why. Start those again on their own.
server-approval-unknown = This version of the server can't carry out that act. Nothing was done.
    .next = Ask for it again with this version.
server-audit-no-head = The server has signed no head of the audit trail at entry { NUMBER($number, useGrouping: 0) }.
    .next = Export from the beginning, or after the last entry of an earlier export.
server-tpm-other = This machine's key was shown without the security chip (TPM) that it is bound to.
    .next = If its board or its TPM was replaced, let it start from the network: it then waits to be recognised, and a person says on the console which machine it is. Otherwise look for a copied disk.
server-changed-key = The machine that waits shows another key than the one that was read.
    .next = Read its page again, compare the code with its screen, then decide.
server-boot-ordered = Ordered from afar: it starts the boot environment
server-boot-once-no-agent = No installed system of { $name } speaks with this server: nobody there could take the order.
    .next = Start the machine; if it starts from the network, start a run instead.
server-boot-once-expired = The machine did not speak in time.
    .next = Check that it is on (wake it), then order it again.
server-boot-once-not-honoured = The machine restarted, and its own system started again: its firmware has not done what it was told.
    .next = Look for a firmware update. Until then start this machine from its firmware's menu (often F12), or set the network first in its boot order.
server-wake-no-card = No network card of this machine is known.
    .next = Start it once by hand, so that it says what it has.
server-wake-no-interface = This server doesn't know by which interface to reach the machine.
    .next = Name it in the configuration: interface = "…" in [boot].
server-second-person-needed = With this one you act on { $machines } machines within an hour; one person alone may act on { $above }. This is not started.
    .next = Start it from the console, where a second person is asked, or ask a colleague; or wait until the hour is over. A list of moves: divide it.
