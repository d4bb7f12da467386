"""
The sentences of ours, as they read when messages did not yet say which of their lines are such: never to be changed.

Messages that versions before December 2026 posted may stand in threads for years, and are read when their answers are
in no database. Newer messages tell notices by their structure, and nothing is compared with this list.
"""

from __future__ import annotations

import re
from collections.abc import Callable


def without_former_sentences(text: str, readable: Callable[[str], str]) -> str:
    """A text of ours without the former sentences at its end, however a platform shows those."""
    lines = text.split("\n")
    while lines and _is_former(readable(lines[-1])):
        lines.pop()
    return "\n".join(lines)


def _is_former(line: str) -> bool:
    bare = line.strip(" _*")  # some platforms show them in italics
    return not bare or _ANY.fullmatch(bare) is not None


_FORMER = """\
The answer stops here because it reached the length limit. To go on, press “Continue” or write me “continue”.
The model had nothing to add.
The answer is too long by now for me to go on with it. Ask me for what is missing.
The answer stops here because it reached the length limit. I cannot go on with it: its question is no longer there.
The model's content filter stopped this answer.
The model declined to answer this.
The model's answer broke off here. Ask me again to have another try.
The model ended this answer for a reason I don't know, so it may be incomplete.
Each new message you send me here starts a conversation of its own. To go on with this one, reply in its thread.
This answer is late: I was away when you asked, {minutes} minutes ago.
This answer is late: I was away when you asked, about {hours} hours ago.
I could not read what was said in this thread before, so this answer may miss its point.
This is its beginning. The whole answer is in the file below.
I am quiet in this thread from now on, even when I am mentioned. To undo that, mention me here with the one word
  “listen”.
I am quiet in this channel from now on, even when I am mentioned. To undo that, mention me with “listen in this
  channel”; with “listen” in a thread, for that thread only.
I do not answer your direct messages from now on. To undo that, write me the one word “listen” as a new message.
I am listening: in this thread I answer mentions, and messages that are plainly meant for me. To change that,
  mention me with “mention only” or “quiet”.
I am listening: in this channel I answer mentions, and in my threads messages that are plainly meant for me. To
  change that, mention me with “mention only in this channel” or “quiet in this channel”.
I am listening: I answer every direct message. To change that, write me the one word “quiet” as a new message.
In this thread I answer only when I am mentioned from now on. To undo that, mention me here with the one word
  “listen”.
In this channel I answer only when I am mentioned from now on. To undo that, mention me with “listen in this
  channel”.
In direct messages no mention is needed, so I go on answering all of them. To silence me, write me the one word
  “quiet” as a new message.
In this thread, an answer that one message cannot hold comes as a file from now on, where I may send files. To undo
  that, mention me here with “long answers as messages”.
In this channel, an answer that one message cannot hold comes as a file from now on, where I may send files. To undo
  that, mention me with “long answers as messages in this channel”.
In direct messages, an answer that one message cannot hold comes as a file from now on, where I may send files. To
  undo that, write me “long answers as messages” as a new message.
In this thread, long answers come in several messages from now on. To change that, mention me here with “long
  answers as a file”.
In this channel, long answers come in several messages from now on. To change that, mention me with “long answers as
  a file in this channel”.
In direct messages, long answers come in several messages from now on. To change that, write me “long answers as a
  file” as a new message.
I no longer see the {messages} oldest messages of this thread.
I no longer see the oldest message of this thread.
From now on I see the {messages} oldest messages of this thread only as a summary.
From now on I see the oldest message of this thread only as a summary.
Stopped here, as asked.
Stopped, as asked.
The model I use cannot see images, so I answered without {names}.
Of {name} I read the first {kept} of {total} pages.
Of {name} I read the first {kept} of {total} characters.
Of {name} I read only the first {kept} characters.
I could not read {names}: there is nothing in it.
I could not read {names}: a PDF without text, perhaps a scan. Send its pages as images.
I could not read {names}: it is damaged, or not what its name says.
I could not read {names}: it is protected with a password.
I could not read {names}: the image is too large. Send a smaller one.
I could not read {names}: it takes too long. Send a smaller part of it.
I could not read {names}: I read images (PNG, JPEG, GIF, WebP), text files and PDFs.
I could not read {names}: something went wrong on my side. Send it again.
I could not read {names}: it is larger than {megabytes} MB.
I did not read {names}: these were too many files at once. Send fewer.
I could not read {names}: it was deleted.
I could not read {names}: it is kept on another service. Send the file itself.
I could not read {names}: I may not open files here. Please tell whoever runs me.
I could not download {names}. Send it again.
The model cannot be reached right now. I keep your question and answer here as soon as it is back.
The model's answer was empty. Ask me again, perhaps with the question put differently.
The model used up its length limit of {limit} tokens before it wrote a word. Ask for something shorter, or ask
  whoever runs me to raise OPENAI_MAX_TOKENS.
The model wanted to use a tool, and I have none. Ask me again, perhaps put differently.
I see no text to answer. Write me a question.
That is too long for me: with my instructions it comes to {tokens} tokens, and I can send {budget}. Shorten it, or
  send it in parts.
The model is too busy right now. Ask me again in a few minutes.
I could not reach the model. Ask me again in a few minutes.
The model did not answer in time. Ask me again to have another try.
The connection to the model kept breaking off. Ask me again in a few minutes.
The account that pays for the model has used up its quota. Please tell whoever runs me.
The model does not accept my key. Please tell whoever runs me.
The model I am set up to use does not exist. Please tell whoever runs me.
This conversation is longer than the model can take. Start a new thread, or ask whoever runs me to set
  CONTEXT_TOKENS.
The model I use cannot see images. Describe in words what they show.
The model refused my request. Please tell whoever runs me.
Something went wrong on my side. Ask me again; if it stays that way, tell whoever runs me.
길이 제한에 도달해 답변이 여기서 끊겼습니다. 이어서 보시려면 “계속” 버튼을 누르거나 저에게 “계속”이라고 써 주세요.
모델이 더 덧붙일 내용이 없었습니다.
답변이 너무 길어져 이어서 쓸 수 없습니다. 빠진 내용을 따로 물어봐 주세요.
길이 제한에 도달해 답변이 여기서 끊겼습니다. 질문이 더 이상 남아 있지 않아 이어서 쓸 수 없습니다.
모델의 콘텐츠 필터가 이 답변을 중단했습니다.
모델이 이 요청에 답하기를 거절했습니다.
모델의 답변이 여기서 끊겼습니다. 다시 물어봐 주세요.
모델이 알 수 없는 이유로 답변을 마쳤습니다. 답변이 완전하지 않을 수 있습니다.
여기에 새 메시지를 보내면 새 대화가 시작됩니다. 이 대화를 이어 가려면 스레드에 답글을 써 주세요.
늦은 답변입니다. {minutes}분 전에 질문하셨을 때 제가 자리에 없었습니다.
늦은 답변입니다. 약 {hours}시간 전에 질문하셨을 때 제가 자리에 없었습니다.
이 스레드의 이전 대화를 읽지 못했습니다. 그래서 답변이 요점을 놓쳤을 수 있습니다.
여기까지가 답변의 앞부분입니다. 전체 답변은 아래 파일에 있습니다.
이제 이 스레드에서는 멘션하셔도 답하지 않겠습니다. 되돌리려면 여기에서 저를 멘션하고 “다시 들어 줘”라고만 써 주세요.
이제 이 채널에서는 멘션하셔도 답하지 않겠습니다. 되돌리려면 저를 멘션하고 “이 채널에서 다시 들어 줘”라고 써 주세요.
  한 스레드에서만 되돌리려면 그 스레드에서 “다시 들어 줘”라고 써 주세요.
이제 다이렉트 메시지에 답하지 않겠습니다. 되돌리려면 새 메시지로 “다시 들어 줘”라고만 써 주세요.
다시 듣고 있습니다. 이 스레드에서는 멘션하신 메시지와 분명히 저에게 하신 말씀에 답하겠습니다. 바꾸려면 저를 멘션하고
  “멘션할 때만” 또는 “조용히”라고 써 주세요.
다시 듣고 있습니다. 이 채널에서는 멘션하신 메시지에, 제가 참여한 스레드에서는 분명히 저에게 하신 말씀에도
  답하겠습니다. 바꾸려면 저를 멘션하고 “이 채널에서 멘션할 때만” 또는 “이 채널에서 조용히”라고 써 주세요.
다시 듣고 있습니다. 다이렉트 메시지에 모두 답하겠습니다. 바꾸려면 새 메시지로 “조용히”라고만 써 주세요.
이제 이 스레드에서는 멘션하실 때만 답하겠습니다. 되돌리려면 여기에서 저를 멘션하고 “다시 들어 줘”라고만 써 주세요.
이제 이 채널에서는 멘션하실 때만 답하겠습니다. 되돌리려면 저를 멘션하고 “이 채널에서 다시 들어 줘”라고 써 주세요.
다이렉트 메시지에는 멘션이 필요 없으므로 계속 모두 답하겠습니다. 조용히 있기를 바라시면 새 메시지로 “조용히”라고만
  써 주세요.
이제 이 스레드에서는 메시지 하나에 담을 수 없는 긴 답변을 파일로 보내겠습니다. 파일을 보낼 수 없으면 메시지로
  보내겠습니다. 되돌리려면 여기에서 저를 멘션하고 “긴 답변은 메시지로”라고만 써 주세요.
이제 이 채널에서는 메시지 하나에 담을 수 없는 긴 답변을 파일로 보내겠습니다. 파일을 보낼 수 없으면 메시지로
  보내겠습니다. 되돌리려면 저를 멘션하고 “이 채널에서 긴 답변은 메시지로”라고 써 주세요.
이제 다이렉트 메시지에서는 메시지 하나에 담을 수 없는 긴 답변을 파일로 보내겠습니다. 파일을 보낼 수 없으면 메시지로
  보내겠습니다. 되돌리려면 새 메시지로 “긴 답변은 메시지로”라고만 써 주세요.
이제 이 스레드에서는 긴 답변을 메시지 여러 개로 나누어 보내겠습니다. 바꾸려면 여기에서 저를 멘션하고 “긴 답변은
  파일로”라고만 써 주세요.
이제 이 채널에서는 긴 답변을 메시지 여러 개로 나누어 보내겠습니다. 바꾸려면 저를 멘션하고 “이 채널에서 긴 답변은
  파일로”라고 써 주세요.
이제 다이렉트 메시지에서는 긴 답변을 메시지 여러 개로 나누어 보내겠습니다. 바꾸려면 새 메시지로 “긴 답변은
  파일로”라고만 써 주세요.
이 스레드의 가장 오래된 메시지 {messages}개는 이제 제게 보이지 않습니다.
이 스레드의 가장 오래된 메시지 하나는 이제 제게 보이지 않습니다.
이 스레드의 가장 오래된 메시지 {messages}개는 이제 제게 요약으로만 보입니다.
이 스레드의 가장 오래된 메시지 하나는 이제 제게 요약으로만 보입니다.
요청에 따라 여기서 멈췄습니다.
요청에 따라 멈췄습니다.
제가 쓰는 모델은 이미지를 볼 수 없어 {names} 없이 답했습니다.
{name} 파일은 전체 {total}쪽 가운데 앞의 {kept}쪽만 읽었습니다.
{name} 파일은 전체 {total}자 가운데 앞의 {kept}자만 읽었습니다.
{name} 파일은 앞의 {kept}자만 읽었습니다.
{names} 파일을 읽지 못했습니다. 내용이 비어 있습니다.
{names} 파일을 읽지 못했습니다. 텍스트가 없는 PDF입니다. 스캔한 문서라면 각 쪽을 이미지로 보내 주세요.
{names} 파일을 읽지 못했습니다. 손상되었거나 이름과 다른 형식입니다.
{names} 파일을 읽지 못했습니다. 암호로 보호되어 있습니다.
{names} 파일을 읽지 못했습니다. 이미지가 너무 큽니다. 더 작은 이미지를 보내 주세요.
{names} 파일을 읽지 못했습니다. 읽는 데 시간이 너무 오래 걸립니다. 일부만 보내 주세요.
{names} 파일을 읽지 못했습니다. 이미지(PNG, JPEG, GIF, WebP), 텍스트, PDF만 읽습니다.
{names} 파일을 읽지 못했습니다. 제 쪽에서 문제가 생겼습니다. 다시 보내 주세요.
{names} 파일을 읽지 못했습니다. 크기가 {megabytes}MB를 넘습니다.
{names} 파일은 읽지 않았습니다. 한 번에 받은 파일이 너무 많습니다. 나누어 보내 주세요.
{names} 파일을 읽지 못했습니다. 삭제된 파일입니다.
{names} 파일을 읽지 못했습니다. 다른 서비스에 있는 파일입니다. 파일을 직접 올려 주세요.
{names} 파일을 읽지 못했습니다. 파일을 열 권한이 없습니다. 저를 운영하는 분께 알려 주세요.
{names} 파일을 내려받지 못했습니다. 다시 보내 주세요.
지금 모델에 연결할 수 없습니다. 질문을 보관해 두었다가 연결되는 대로 여기에 답하겠습니다.
모델의 답변이 비어 있었습니다. 질문을 조금 바꾸어 다시 물어봐 주세요.
모델이 한 글자도 쓰기 전에 길이 제한 {limit}토큰을 모두 썼습니다. 더 짧은 답을 부탁하거나, 저를 운영하는 분께
  OPENAI_MAX_TOKENS 값을 늘려 달라고 해 주세요.
모델이 도구를 쓰려고 했지만 저에게는 도구가 없습니다. 질문을 조금 바꾸어 다시 물어봐 주세요.
답할 글이 보이지 않습니다. 저에게 질문을 써 주세요.
질문이 너무 깁니다. 지시문을 합쳐 {tokens}토큰인데 {budget}토큰까지만 보낼 수 있습니다. 줄이거나 나누어 보내 주세요.
지금 모델이 너무 바쁩니다. 몇 분 뒤에 다시 물어봐 주세요.
모델에 연결할 수 없었습니다. 몇 분 뒤에 다시 물어봐 주세요.
모델이 제때 답하지 않았습니다. 다시 물어봐 주세요.
모델과의 연결이 자꾸 끊깁니다. 몇 분 뒤에 다시 물어봐 주세요.
모델 사용 한도를 모두 썼습니다. 저를 운영하는 분께 알려 주세요.
모델이 제 키를 받아들이지 않습니다. 저를 운영하는 분께 알려 주세요.
제가 쓰도록 설정된 모델을 찾을 수 없습니다. 저를 운영하는 분께 알려 주세요.
이 대화는 모델이 받을 수 있는 길이를 넘었습니다. 새 스레드를 시작하거나, 저를 운영하는 분께 CONTEXT_TOKENS 설정을
  부탁해 주세요.
제가 쓰는 모델은 이미지를 볼 수 없습니다. 이미지의 내용을 글로 설명해 주세요.
모델이 제 요청을 거부했습니다. 저를 운영하는 분께 알려 주세요.
제 쪽에서 문제가 생겼습니다. 다시 물어봐 주세요. 계속되면 저를 운영하는 분께 알려 주세요.
"""
"""One a line; a line that begins with spaces goes on with the one before."""
_VALUE = re.compile(r"\\{\w+\\}")  # a placeholder, escaped
_ANY = re.compile("|".join(_VALUE.sub(".+?", re.escape(each)) for each in _FORMER.replace("\n  ", " ").splitlines()))
