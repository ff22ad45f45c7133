# A reference machine boots from the network and is captured

# Taken in by other stories: at its end there are a server, a signed image `system` and two masters.
school gives-addresses
serve
bootenv
master capture image_name=image
machine origin from=reference
boot origin
wait origin to-recognise
accept origin as reference
start capture on origin image_name=system
wait origin completed within=300s
wait origin off within=60s
verify origin
sign-image system
master debian image=system organisation="Lycée Émilie-du-Châtelet"
