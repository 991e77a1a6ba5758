"""Given names that are no words: with a capital they tell of a person wherever they stand.

The commonest of many countries, from general knowledge, in the Latin script. Names that are words too
(Grace, Mark, Will), or towns (Sofia, Florence), are left to the tagger and to the words around them.
"""

from stages.clean.masking.rules.base import listed

GIVEN_NAMES = frozenset(
    listed(
        """
        aaliyah aaron abdullah abigail adam adrian agnes agnieszka ahmad ahmed aiden aino akira alan
        alastair albert alberto alejandra alejandro aleksander aleksandra alessandro alessia alex alexandra
        alexei alice alicia alina alison allison alyssa amanda amir amit amy ana anders andrea andreas
        andrei andrew andrzej angela angelina anita anja anna anne annette annika anthony antoine anton
        antonio anya ariana armando arnold arthur arturo asha ashley astrid audrey axel ayesha barbara
        bartosz beatrice benjamin bernard bernd bettina bianca birgit bjorn bogdan boris brandon brenda
        bridget bruno camila camille carla carmen carol caroline catalina catherine cecilia cesar charles
        charlie charlotte cheryl chiara chinedu chris christina christine christoph christopher cindy claire
        clara claude claudia clemens connor constantin cristina cynthia dagmar daisuke dalia dana daniela
        daniele danielle dariusz darren debra denise dennis derek diana diane diego dieter dimitri dmitry
        dolores dominik donald donna dorothy douglas duncan dylan edith edoardo eduardo edward edwin eileen
        elaine eleanor elias elisa elisabeth elise elizabeth elke ella ellen elsa emil emilia emilio emma
        emmanuel enrico enrique eric erica erik erika ernesto esteban esther ethan eugene eva evelyn fabian
        fabio farah federico felipe felix fernanda fernando filip fiona florian francesca francesco
        francisco francois frederic frederik frida friedrich gabriel gabriela gabriele gareth gary geoffrey
        georg george gerald gerard gerhard giorgio giovanni giuseppe gloria gonzalo gordon greg gregory
        greta guillaume guillermo gunnar gustav gustavo hamza hanna hannah hans hans-peter harold harriet
        hassan heather hector heidi heike heinrich helen helena helene henrik henry herbert hilda hugo
        hussein ian ibrahim ida igor ilse imran ines inga inger irena irene irina isaac isabel isabella
        isabelle ivan jacek jacob jacqueline jacques jakob jakub jamal janet janice jari jason javier jeanne
        jeffrey jelena jens jeremy jerome jerzy jill jiri joachim joan joanna joaquin jochen johan johann
        johanna johannes john johnny jonas jonathan jorge josef joseph josephine joshua juan juanita judith
        juha julia julian juliana julie julien jurgen jussi justin kaitlyn kamil karim karin karina karl
        katarina kate katharina katherine kathleen kathryn kathy katja kazuki keith kelly kenji kenneth
        kerstin kirsten kjell klaus kristen kristin kristina krzysztof kumar kurt kyle larry laura lauren
        laurent lauri leah leon leonardo leonie leslie liam linda lindsay lisa logan lorena lorenzo louis
        louise luca lucas lucie ludwig luigi luis luisa lukas luke lydia magda magdalena mahmoud maja malik
        manuel manuela marc marcel marcin margaret margarita maria mariana marianne marie marina mario
        marisol marjorie markus marlene marta martha martin martina mary mateusz mathias matilda matteo
        matthew matthias matti maureen maurice mauricio maxime megan mehmet melanie melissa michal michel
        michele michelle miguel mikael mikhail mikko milena miriam mohamed mohammad mohammed monica monika
        monique muhammad mustafa nancy naoki naomi natalia natalie natasha nathan nathaniel neil nicholas
        nicola nicolas nicole niklas nikolai nikolaj nils nina noah nora norbert norma olaf oleg olga oliver
        olof oskar otto pablo paolo pascal patricia patrick patrik paula paulina pavel pedro pekka penelope
        peter petr petra philip philippe phyllis pia pilar preeti rachel rafael rahul raj rajesh ralph ramon
        raquel rashid raul raymond rebecca renata rene ricardo riccardo richard rita roberto rodrigo roger
        roland rolf ronald rosa rosemary roxanne ruben rudolf russell ruth ryan sabine sabrina samantha
        samuel sandeep sandra sanjay sara satoshi scott sean sebastian selma sergei sergio shannon sharon
        sheila shirley silvia simon simone sonia sonja sophia sophie stacey stanislav stefan stefania
        stefano stephanie stephen steve steven stuart sunil susan susanna susanne suzanne sven svetlana
        sylvia szymon takashi tamara tanya tatiana teresa terry thea theodore theresa therese thiago thomas
        tim timothy tina tobias todd tomas tomasz tommaso tony torsten tracey tracy trevor ulrich ulrike
        ursula uwe valentina valeria vanessa veronica veronika vicente vijay viktoria vincent vincenzo
        vivian vladimir walter wanda wendy werner wilhelm william wojciech wolfgang xavier yasmin yolanda
        yuki yuko yuri yusuke yvette yvonne zachary zoe zofia
        """
    )
)
