# Completion of gantry for fish:  gantry completion fish | source
function __gantry_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    for line in ($words[1] __complete fish $words[2..-1] "$typed" 2>/dev/null </dev/null)
        if test "$line" = ":files"
            __fish_complete_path "$typed"
        else
            echo $line
        end
    end
end
complete -c gantry -f -k -a "(__gantry_complete)"
