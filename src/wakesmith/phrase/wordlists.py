"""Words for the slots of ``sentences``: plain ones, by the role that they play.

A plus sign stands for a space within one filler.
"""

_LISTS = {
    "person": (
        "anna peter maria thomas laura daniel sophie martin emma robert julia david helen simon "
        "nina oscar clara victor grace henry olivia paul ruth walter irene felix rosa george "
        "my+mother my+father my+sister my+brother the+neighbour the+teacher the+doctor my+friend "
        "our+boss the+driver grandma grandpa my+uncle my+aunt the+children everybody somebody "
        "the+boy+next+door the+girl+from+work his+cousin her+husband the+old+man the+baby"
    ),
    "room": (
        "kitchen bedroom living+room bathroom hallway garage garden office basement attic "
        "dining+room nursery hall balcony terrace study laundry+room guest+room"
    ),
    "device": (
        "lights lamp heater fan radio television oven dishwasher vacuum music alarm speaker "
        "coffee+machine blinds curtains door+lock thermostat kettle camera washing+machine "
        "printer doorbell projector air+conditioner"
    ),
    "thing": (
        "book bag bottle chair table phone key jacket letter box picture window ticket camera "
        "basket plate cup umbrella hammer blanket pillow newspaper bicycle towel candle mirror "
        "ladder paper+bag watch carpet shoe+box pair+of+glasses bowl knife map suitcase clock "
        "red+coat wooden+spoon piece+of+string old+guitar small+package broken+lamp"
    ),
    "food": (
        "bread soup rice chicken salad pasta cheese apples potatoes onions butter honey cake fish "
        "eggs tomatoes coffee tea orange+juice cereal yogurt sandwiches pancakes beans carrots "
        "strawberries mushrooms chocolate noodles vegetables ice+cream lemon+pie"
    ),
    "place": (
        "station market library museum hospital bakery airport harbour village school+yard "
        "swimming+pool post+office city+centre football+ground river mountains beach park bridge "
        "theatre church hotel restaurant factory farm island corner+shop forest lake castle"
    ),
    "animal": ("dog cat horse rabbit sheep bird cow goat duck fox squirrel owl frog mouse spider"),
    "time": (
        "today tomorrow tonight yesterday this+morning this+evening next+week last+night on+monday "
        "on+tuesday on+wednesday on+friday on+sunday in+the+afternoon after+lunch before+dinner "
        "at+noon at+midnight in+an+hour in+the+spring last+summer every+day later sooner+or+later "
        "a+month+ago two+years+ago in+a+minute once+a+week all+day+long"
    ),
    "adjective": (
        "quiet cold warm bright heavy strange empty gentle busy careful happy tired hungry angry "
        "clean dirty expensive cheap narrow wide soft hard broken fresh famous clever lazy proud "
        "nervous patient difficult simple ordinary important beautiful terrible useful"
    ),
    "adverb": (
        "slowly quickly quietly carefully suddenly usually probably really never always often "
        "almost hardly certainly finally perhaps nearly still already together again"
    ),
    "did": (
        "found lost bought sold painted carried dropped opened closed cleaned repaired borrowed "
        "forgot brought hid kept broke watched counted washed packed wanted described moved "
        "remembered collected followed measured noticed promised"
    ),
    "do": (
        "find lose buy sell paint carry drop open close clean repair borrow forget bring hide keep "
        "break watch count wash pack move remember collect measure describe follow check"
    ),
    "went": ("walked drove ran hurried travelled moved returned went cycled wandered sailed came"),
    "feeling": ("glad sorry afraid sure surprised worried pleased certain convinced aware"),
    "topic": (
        "the+weather the+news football politics the+election the+economy climate music history "
        "science the+new+law house+prices public+transport the+war the+holidays space+travel "
        "local+elections modern+art cooking gardening the+traffic education health+care"
    ),
    "nature": ("rain snow wind sun fog storm clouds thunder frost moon waves leaves stars heat"),
    "number": (
        "two three four five six seven eight nine ten eleven twelve thirteen fifteen sixteen "
        "eighteen twenty twenty+one twenty+five thirty thirty+two forty forty+six fifty sixty "
        "seventy eighty+four ninety ninety+nine one+hundred two+hundred five+hundred"
    ),
    "digit": "zero one two three four five six seven eight nine oh",
    "unit": (
        "minutes hours days weeks metres miles kilos grams litres degrees percent dollars euros "
        "pages seconds people times years"
    ),
    "song": (
        "some+jazz the+next+song classical+music my+favourite+playlist the+radio that+old+record "
        "something+quiet the+news a+podcast some+rock+and+roll the+audio+book a+lullaby"
    ),
    "service": "the+assistant the+robot the+machine the+telephone the+screen",
}

LISTS: dict[str, tuple[str, ...]] = {
    slot: tuple(filler.replace("+", " ") for filler in text.split())
    for slot, text in _LISTS.items()
}
"""Slot name to its fillers."""
