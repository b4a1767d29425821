#compdef gantry
# Completion of gantry for zsh:  source <(gantry completion zsh)   (after compinit)
_gantry() {
  local line value files=0
  local -a plain open plain_about open_about
  for line in "${(@f)$("${words[1]}" __complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2> /dev/null < /dev/null)}"; do
    value=${line%%$'\t'*}
    [[ -z $line ]] && continue
    if [[ $value == :files ]]; then
      files=1
    elif [[ $value == *= ]]; then
      open+=("$value") open_about+=("${line/$'\t'/  -- }")
    else
      plain+=("$value") plain_about+=("${line/$'\t'/  -- }")
    fi
  done
  (( $#plain )) && compadd -V gantry -l -d plain_about -a plain
  (( $#open )) && compadd -V gantry -l -S '' -d open_about -a open
  (( files )) && _files
  return 0
}
compdef _gantry gantry
